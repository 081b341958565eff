import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/** Gives the keys of OCSP responders to processes that publish and hold no other key. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  await database.schema.alterTable('ocsp_responders').addColumn('publication_key', bytes).execute()
}
