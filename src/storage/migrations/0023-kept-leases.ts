import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** An index for a query of several times per second: the few leased jobs among any number of waiting ones. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index jobs_leased on jobs (id) where leased_until is not null`.execute(db)
}
