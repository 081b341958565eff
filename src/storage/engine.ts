import { PostgresAdapter } from 'kysely'
import type { Queries } from './transact.ts'

/** Whether `queries` speak to PostgreSQL; else it is SQLite. */
export function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter
}

/** Whether `error` says that a unique constraint stood in the way, on either engine. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number }
  // 23505 is PostgreSQL's; 2067 and 1555 are SQLite's for a unique column and a primary key.
  return code === '23505' || errcode === 2067 || errcode === 1555
}

/** What PostgreSQL and the network say when nobody can be asked: connection exceptions, shutdown, start, no room. */
const awayCodes = /^(08...|57P0[1235]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/
const sqliteBusy = 5
const awayMessages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection/

/** Whether `error`, or what caused it, says that the store cannot be reached at this moment. */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // SQLite: another process holds the file for longer than one waits.
  if (errcode === sqliteBusy) return true
  if (awayCodes.test(String(code)) || awayMessages.test(error.message)) return true
  return isStoreAway(error.cause)
}
