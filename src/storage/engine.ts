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

/** Why the store cannot be used at this moment, though it may be again without a change to Postern. */
export type StoreTrouble = 'unreachable' | 'full' | 'read-only' | 'failing' | 'busy'

/** Primary result codes of SQLite: locked by others or by their locks, and what its file system refuses. */
const sqliteTroubles = new Map<number, StoreTrouble>([
  [5, 'busy'],
  [6, 'busy'],
  [8, 'read-only'],
  [10, 'failing'],
  [13, 'full'],
  [14, 'unreachable'],
  [15, 'busy'],
])

/**
 * SQLSTATE of PostgreSQL: connection exceptions, who may connect and to what, resources, shutdown and start, locks and
 * conflicts that last, a standby or a read-only database, and errors of the system outside of it.
 */
const states: readonly (readonly [RegExp, StoreTrouble])[] = [
  [/^(?:08...|28...|3D000|53300|57P0.)$/, 'unreachable'],
  [/^53...$/, 'full'],
  [/^25006$/, 'read-only'],
  [/^58...$/, 'failing'],
  [/^(?:25P03|40001|40P01|55P03|57014)$/, 'busy'],
]

/** Codes of the system, of the network first. */
const systemTroubles = new Map<string, StoreTrouble>([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'].map(
    (code) => [code, 'unreachable'] as const,
  ),
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'].map((code) => [code, 'unreachable'] as const),
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  ['EROFS', 'read-only'],
  ['EIO', 'failing'],
])

const awayMessages =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection/

/**
 * Why the store cannot be used, where `error`, or what caused it, says that: the one place that tells this from a
 * mistake of Postern. Nothing for any other error.
 */
export function findStoreTrouble(error: unknown): StoreTrouble | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // The upper octets of SQLite's codes say more of the same.
  const own = typeof errcode === 'number' ? sqliteTroubles.get(errcode & 0xff) : troubleOf(String(code))
  if (own !== undefined) return own
  return awayMessages.test(error.message) ? 'unreachable' : findStoreTrouble(error.cause)
}

const troubleOf = (code: string): StoreTrouble | undefined =>
  systemTroubles.get(code) ?? states.find(([pattern]) => pattern.test(code))?.[1]

/** Whether `error` says that the store cannot be used at this moment. */
export const isStoreAway = (error: unknown): boolean => findStoreTrouble(error) !== undefined

const sentences: Record<StoreTrouble, string> = {
  unreachable: 'The store cannot be reached. Look at its server or its folder, and at storage and data',
  full: 'The store has no space left. Free space on its disk',
  'read-only':
    'The store cannot be written to: it is read-only. Look at its file system, or at the role of the server',
  failing: 'The disk of the store reports errors. Look at the log of the system',
  busy: 'The store is locked by others for too long. Look which program holds it',
}

/** What an operator reads of it, on the command line. */
export const describeTrouble = (trouble: StoreTrouble): string => `${sentences[trouble]}, then try again.`
