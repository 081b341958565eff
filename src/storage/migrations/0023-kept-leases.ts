import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** What is looked for several times a second: the few jobs that a worker has, among any number that wait. */
export async function up(db: Kysely<Schema>): Promise<void> {
  await sql`create index jobs_leased on jobs (id) where leased_until is not null`.execute(db)
}
