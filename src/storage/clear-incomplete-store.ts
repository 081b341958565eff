import { sql } from 'kysely'
import type { Database } from './database.ts'

/**
 * Returns whether `error` says that a table of a migration exists already: an older release was interrupted
 * while it created it.
 */
export function isOfIncompleteStore(error: unknown): boolean {
  return error instanceof Error && /already exists|duplicate column name/.test(error.message)
}

/**
 * Empties a SQLite store with incomplete tables and no data, so that they are created again. Returns whether
 * it did: a store with a single row is left unchanged.
 */
export async function clearIncompleteStore(
  { engine, transaction }: Database,
  error: unknown,
): Promise<boolean> {
  if (engine !== 'sqlite' || !isOfIncompleteStore(error)) return false
  return transaction(async (tx) => {
    const { rows } = await sql<{ type: string; name: string }>`
      select type, name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'
    `.execute(tx)
    const tables = rows.filter(({ type, name }) => type === 'table' && !name.startsWith('kysely_'))
    for (const { name } of tables) {
      const { rows: found } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(tx)
      if (found.length > 0) return false
    }
    for (const { type, name } of rows) await sql`drop ${sql.raw(type)} ${sql.table(name)}`.execute(tx)
    return true
  })
}
