import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * One-time links, which are emailed or printed, and users who may no longer sign in.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await schema.alterTable('users').addColumn('deactivated_at', 'bigint').execute()
  await schema
    .createTable('one_time_links')
    .addColumn('token_sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('purpose', 'text', required)
    .addColumn('user_id', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('email', 'text')
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('used_at', 'bigint')
    .execute()
  await sql`create index one_time_links_user on one_time_links (user_id, purpose)`.execute(database)
  await sql`create index one_time_links_expires on one_time_links (expires_at)`.execute(database)
}
