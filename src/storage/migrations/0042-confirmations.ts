import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Acts of operators that another one has to confirm. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('confirmations')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('status', 'text', required)
    .addColumn('operation_id', 'text', required)
    .addColumn('path_parameters', 'text', required)
    .addColumn('body', 'text')
    .addColumn('requested_by_id', 'text', required)
    .addColumn('requested_by_name', 'text', required)
    .addColumn('requested_from', 'text', required)
    .addColumn('requested_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('decided_by_id', 'text')
    .addColumn('decided_by_name', 'text')
    .addColumn('decided_at', 'bigint')
    .addColumn('problem', 'text')
    .execute()
}
