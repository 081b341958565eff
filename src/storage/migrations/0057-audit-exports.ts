import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Keeps how far each target of the audit export has come. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema
    .createTable('audit_exports')
    .addColumn('target', 'text', (column) => column.primaryKey())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('checkpoint', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
}
