import { type Kysely, sql } from 'kysely'

/**
 * An empty list of scopes, networks or certificates of API credentials allows nothing from this release on, and
 * JSON null allows everything: rows keep what they allowed before.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const column of ['scopes', 'networks', 'certificate_ids']) {
    await sql`update credentials set ${sql.ref(column)} = 'null' where ${sql.ref(column)} = '[]'`.execute(
      database,
    )
  }
}
