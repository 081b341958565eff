import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Since when certificates from other CAs wait until it is known what to ask about them: they are not valid for ever meanwhile. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema
    .alterTable('external_statuses')
    .addColumn('is_awaited', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`create index external_statuses_awaited on external_statuses (certificate_id)
    where is_awaited = 1`.execute(database)
  // Every certificate from another CA in the order of its ID, without those of Postern in between.
  await sql`create index certificates_external_id on certificates (id) where source <> 'postern'`.execute(
    database,
  )
}
