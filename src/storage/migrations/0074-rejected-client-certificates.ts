import type { Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** Keeps of a delivery which live client certificate its endpoint rejected, so that the former one was tried. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await database.schema
    .alterTable('webhook_deliveries')
    .addColumn('rejected_client_certificate_id', 'text')
    .execute()
}
