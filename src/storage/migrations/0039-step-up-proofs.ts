import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** The proofs of users who have proven again who they are: each for one act on one object, once. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('step_up_proofs')
    .addColumn('token_sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('session_sha256', 'text', required)
    .addColumn('operation_id', 'text', required)
    .addColumn('object', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
  await database.schema.createIndex('step_up_proofs_user').on('step_up_proofs').column('user_id').execute()
}
