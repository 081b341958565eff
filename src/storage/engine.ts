import { PostgresAdapter, sql } from 'kysely'
import type { Queries, Tx } from './database.ts'

/** Whether `queries` speak to PostgreSQL; else it is SQLite. */
export function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter
}

/** What only one transaction at a time may do; the numbers name PostgreSQL's advisory locks. */
export const locks = {
  /** Audit log and change log: one lock for both, so that no two changes wait for each other crosswise. */
  record: 0x504f5301,
  authority: 0x504f5302,
  activity: 0x504f5303,
  seenKeys: 0x504f5304,
} as const

/** Waits until no other transaction holds `lock`, and holds it until this one ends. SQLite has one writer anyway. */
export async function takeLock(tx: Tx, lock: number): Promise<void> {
  if (isPostgres(tx)) await sql`select pg_advisory_xact_lock(${lock})`.execute(tx)
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
