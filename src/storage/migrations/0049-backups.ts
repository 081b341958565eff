import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** The backups that were made, and the restores. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('backups')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', required)
    .addColumn('taken_at', 'bigint', required)
    .addColumn('finished_at', 'bigint', required)
    .addColumn('file_sha256', 'text', required)
    .addColumn('octets', 'bigint', required)
    .execute()
  await database.schema
    .createTable('restores')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state', 'text', required)
    .addColumn('taken_at', 'bigint', required)
    .addColumn('began_at', 'bigint', required)
    .addColumn('released_at', 'bigint')
    .addColumn('journal_sequence', 'bigint', required)
    .addColumn('outcome', 'text', required)
    .execute()
}
