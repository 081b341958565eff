import { type Kysely, sql } from 'kysely'

/**
 * From this release on, an empty list of scopes, networks or certificates of API credentials allows nothing,
 * and JSON null allows everything: existing rows keep their meaning.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const column of ['scopes', 'networks', 'certificate_ids']) {
    await sql`update credentials set ${sql.ref(column)} = 'null' where ${sql.ref(column)} = '[]'`.execute(
      database,
    )
  }
}
