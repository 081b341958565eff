import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Organizations keep why and since when they have their status, and limits of their own as JSON. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const organizations = () => database.schema.alterTable('organizations')
  await organizations().addColumn('status_reason', 'text').execute()
  await organizations().addColumn('status_changed_at', 'bigint').execute()
  await organizations()
    .addColumn('limits', 'text', (column) => column.notNull().defaultTo('{}'))
    .execute()
}
