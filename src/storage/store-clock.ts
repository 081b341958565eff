import { sql } from 'kysely'
import { isPostgres } from './engine.ts'
import type { Queries } from './transact.ts'

/**
 * Returns the time of the store's clock, milliseconds since 1970: that of PostgreSQL's machine, or of this
 * one.
 */
export async function readStoreClock(queries: Queries): Promise<number> {
  const now = isPostgres(queries)
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
  const { rows } = await sql<{ now: number }>`select ${now} as now`.execute(queries)
  return rows[0]?.now ?? Number.NaN
}
