import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from './engine.ts'
import type { Queries } from './transact.ts'

/**
 * Returns the table and the condition of certificates that have expired by `end` and are not marked so. They are read
 * by their own index alone: SQLite, without statistics, would read every issued certificate instead.
 */
export function lapsingCertificates(queries: Queries, end: number): RawBuilder<unknown> {
  const index = isPostgres(queries) ? sql`` : sql`indexed by certificates_lapsing`
  // Literals: with parameters SQLite does not use the partial index.
  return sql`certificates ${index} where status = 'issued' and lapsed = 0 and not_after <= ${end}`
}
