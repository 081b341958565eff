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
export type StoreTrouble =
  /** No connection comes about, or the one in use broke; a file of SQLite cannot be opened. */
  | 'unreachable'
  /** The server starts or stops. */
  | 'starting'
  /** No connection, memory or file is left for Postern; a limit of the server is met. */
  | 'exhausted'
  | 'full'
  | 'read-only'
  /** Its disk or its server reports errors of its own. */
  | 'failing'
  /** Others hold what is needed for too long. */
  | 'busy'
  /** The server does not let Postern in: role, password, pg_hba.conf. */
  | 'refused'
  /** No TLS connection comes about. */
  | 'untrusted'
  /** There is no such database. */
  | 'missing'
  /** The role, or the user of the system, may not do what Postern needs. */
  | 'ungranted'
  /** Tables or columns of this release are not there. */
  | 'unfit'
  /** What is on the disk is not what was written. */
  | 'damaged'

/** What a store said that cannot be used. */
export interface StoreFault {
  trouble: StoreTrouble
  /** SQLSTATE, a result code of SQLite, a code of the system, or nothing. */
  code: string
  /** What the server said, where that names nothing but roles, databases and tables. */
  words: string | undefined
}

/** Primary result codes of SQLite. 1 and 21 are mistakes of Postern; 18, 19, 20 and 25 refuse a value. */
const sqliteTroubles = new Map<number, StoreTrouble>([
  [3, 'ungranted'],
  [5, 'busy'],
  [6, 'busy'],
  [7, 'exhausted'],
  [8, 'read-only'],
  [9, 'busy'],
  [10, 'failing'],
  [11, 'damaged'],
  [13, 'full'],
  [14, 'unreachable'],
  [15, 'busy'],
  [17, 'busy'],
  [22, 'full'],
  [23, 'ungranted'],
  [24, 'damaged'],
  [26, 'damaged'],
])

/** SQLSTATE of PostgreSQL, and of the poolers that speak for it; the first that fits. */
const states: readonly (readonly [RegExp, StoreTrouble])[] = [
  [/^(?:57P01|57P02|57P03)$/, 'starting'],
  [/^(?:08...|57000|57P05)$/, 'unreachable'],
  // 55000: the database takes no connections.
  [/^(?:28...|55000)$/, 'refused'],
  [/^(?:3D000|57P04)$/, 'missing'],
  [/^(?:42501|3F000)$/, 'ungranted'],
  [/^(?:42P01|42703)$/, 'unfit'],
  [/^53100$/, 'full'],
  [/^(?:53...|54...)$/, 'exhausted'],
  [/^25006$/, 'read-only'],
  [/^XX00[12]$/, 'damaged'],
  [/^(?:58...|F0...|XX...)$/, 'failing'],
  [/^(?:40...|55...|57014|25P03|25P04|72000)$/, 'busy'],
]

/** Codes of the system and of TLS, the network first. */
const systemTroubles = new Map<string, StoreTrouble>([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'].map(
    (code) => [code, 'unreachable'] as const,
  ),
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAI_FAIL'].map(
    (code) => [code, 'unreachable'] as const,
  ),
  ...['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'].map((code) => [code, 'exhausted'] as const),
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EFBIG', 'full'],
  ['EROFS', 'read-only'],
  ['EIO', 'failing'],
])

/** Of a certificate that is not believed, or a handshake that fails, as Node and OpenSSL call it. */
const tlsCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$)/

/** What the driver throws without a code. */
const driverWords: readonly (readonly [RegExp, StoreTrouble])[] = [
  [/^The server does not support SSL|^There was an error establishing an SSL/, 'untrusted'],
  [/^SASL: /, 'refused'],
  [
    /Connection terminated|Connection ended|Query read timeout|^timeout expired|timeout exceeded when trying to connect|Client has encountered a connection|^Client was closed|connection has been discarded|received invalid response|Received unexpected|after calling end on the pool|driver has already been destroyed|^database is not open|thread that reads the store has ended/,
    'unreachable',
  ],
]

/**
 * What keeps the store from being used, where `error`, or what caused it, says that: the one place that tells this
 * from a mistake of Postern. Nothing for any other error.
 */
export function findStoreFault(error: unknown): StoreFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode, syscall } = error as { code?: unknown; errcode?: unknown; syscall?: unknown }
  if (typeof errcode === 'number') {
    const trouble = sqliteTroubleOf(errcode, error.message)
    return trouble && { trouble, code: `SQLITE_${errcode}`, words: clip(error.message) }
  }
  const name = typeof code === 'string' ? code : ''
  const coded = troubleOf(name, syscall === 'connect')
  if (coded !== undefined) return { trouble: coded, code: name, words: wordsOf(name, error.message) }
  const trouble = driverWords.find(([pattern]) => pattern.test(error.message))?.[1]
  if (trouble !== undefined) return { trouble, code: '', words: clip(error.message) }
  return findStoreFault(error.cause)
}

/** The upper octets of SQLite's codes say more of the same. */
const sqliteTroubleOf = (errcode: number, message: string): StoreTrouble | undefined =>
  sqliteTroubles.get(errcode & 0xff) ?? (/^no such (?:table|column)\b/.test(message) ? 'unfit' : undefined)

const troubleOf = (code: string, isConnecting: boolean): StoreTrouble | undefined =>
  systemTroubles.get(code) ??
  states.find(([pattern]) => pattern.test(code))?.[1] ??
  (tlsCodes.test(code) ? 'untrusted' : undefined) ??
  // The socket of the server, of which no other file is read.
  (isConnecting && (code === 'ENOENT' || code === 'EACCES') ? 'unreachable' : undefined)

/** Class 22 and 23 repeat values, these do not. */
const wordsOf = (code: string, message: string): string | undefined =>
  /^(?:08|28|3D|3F|42|53|57)...$/.test(code) ? clip(message) : undefined

const clip = (message: string): string => message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300)

/** Why the store cannot be used, where `error` says that; see `findStoreFault`. */
export const findStoreTrouble = (error: unknown): StoreTrouble | undefined => findStoreFault(error)?.trouble

/** Whether `error` says that the store cannot be used at this moment. */
export const isStoreAway = (error: unknown): boolean => findStoreFault(error) !== undefined

/** What says that a connection that was there has gone. */
const lostCodes = new Set(['ECONNRESET', 'EPIPE', '08003', '08006', '57P01', '57P02', '57P05', '25P03'])

/** Whether `error` says that the connection broke while it was used: another one may do. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (
    lostCodes.has(String(code)) ||
    /Connection terminated|Client has encountered a connection|connection has been discarded/.test(
      String(message),
    )
  )
}
