import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Finds the emails to a user by address, whatever its case; and records when a certificate was last denied. */
export async function up(database: Kysely<Schema>): Promise<void> {
  await sql`create index outbox_recipient on outbox (lower(recipient), id)`.execute(database)
  await database.schema.alterTable('certificates').addColumn('last_denied_at', 'bigint').execute()
}
