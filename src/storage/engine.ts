import { PostgresAdapter } from 'kysely'
import type { Queries } from './database.ts'

/** Whether `queries` speak to PostgreSQL; else it is SQLite. */
export function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter
}
