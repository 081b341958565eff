import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Notes for each migration which releases can run on the store after it. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('migration_needs')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('needs', 'text', (column) => column.notNull())
    .execute()
}
