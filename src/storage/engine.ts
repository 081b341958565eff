import { PostgresAdapter } from 'kysely'
import type { Queries } from './transact.ts'

/** Returns whether `queries` use PostgreSQL; otherwise they use SQLite. */
export function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter
}

/** Returns whether `error` is a violated unique constraint, on either engine. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = error as { code?: string; errcode?: number }
  // 23505 is PostgreSQL's code; 2067 and 1555 are SQLite's for a unique column and a primary key.
  return code === '23505' || errcode === 2067 || errcode === 1555
}

/** Why the store is unavailable, although it may become available without a change to Postern. */
export type StoreProblem =
  /** No connection can be established, or the current one broke; a SQLite file cannot be opened. */
  | 'unreachable'
  /** The server starts or stops. */
  | 'starting'
  /** No connection, memory or file is left for Postern; the server has reached a limit. */
  | 'exhausted'
  | 'full'
  | 'read-only'
  /** Its disk or its server reports errors of its own. */
  | 'failing'
  /** Others hold a required lock for too long. */
  | 'busy'
  /** The server denies Postern access: role, password, pg_hba.conf. */
  | 'refused'
  /** No TLS connection can be established. */
  | 'untrusted'
  /** The database does not exist. */
  | 'missing'
  /** The role, or the system user, lacks a required privilege. */
  | 'ungranted'
  /** Tables or columns of this release are missing. */
  | 'unfit'
  /** The data on the disk is corrupt. */
  | 'damaged'

/** An error that makes the store unavailable. */
export interface StoreFault {
  trouble: StoreProblem
  /** SQLSTATE, a result code of SQLite, a system code, or empty. */
  code: string
  /** The server's message, if it names only roles, databases and tables. */
  words: string | undefined
}

/** Primary result codes of SQLite. 1 and 21 are errors of Postern; 18, 19, 20 and 25 reject a value. */
const sqliteProblems = new Map<number, StoreProblem>([
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

/** SQLSTATE of PostgreSQL and its poolers; the first match applies. */
const states: readonly (readonly [RegExp, StoreProblem])[] = [
  [/^(?:57P01|57P02|57P03)$/, 'starting'],
  [/^(?:08...|57000|57P05)$/, 'unreachable'],
  // 55000: the database accepts no connections.
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

/** System and TLS codes, the network first. */
const systemProblems = new Map<string, StoreProblem>([
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

/** Codes of Node and OpenSSL for an untrusted certificate or a failed handshake. */
const tlsCodes = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$)/

/** Errors of the driver without a code. */
const driverWords: readonly (readonly [RegExp, StoreProblem])[] = [
  [/^The server does not support SSL|^There was an error establishing an SSL/, 'untrusted'],
  [/^SASL: /, 'refused'],
  [
    /Connection terminated|Connection ended|Query read timeout|^timeout expired|timeout exceeded when trying to connect|Client has encountered a connection|^Client was closed|connection has been discarded|received invalid response|Received unexpected|after calling end on the pool|driver has already been destroyed|^database is not open|thread that reads the store has ended/,
    'unreachable',
  ],
]

/**
 * Returns why the store is unavailable, if `error` or its cause says so: the only place that distinguishes
 * this from an error of Postern. Returns undefined for any other error.
 */
export function findStoreFault(error: unknown): StoreFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode, syscall } = error as { code?: unknown; errcode?: unknown; syscall?: unknown }
  if (typeof errcode === 'number') {
    const trouble = getSqliteProblem(errcode, error.message)
    return trouble && { trouble, code: `SQLITE_${errcode}`, words: clip(error.message) }
  }
  const name = typeof code === 'string' ? code : ''
  const coded = getProblem(name, syscall === 'connect')
  if (coded !== undefined) return { trouble: coded, code: name, words: wordsOf(name, error.message) }
  const trouble = driverWords.find(([pattern]) => pattern.test(error.message))?.[1]
  if (trouble !== undefined) return { trouble, code: '', words: clip(error.message) }
  return findStoreFault(error.cause)
}

/** Returns the classification; the upper octets of SQLite's codes add details only. */
const getSqliteProblem = (errcode: number, message: string): StoreProblem | undefined =>
  sqliteProblems.get(errcode & 0xff) ?? (/^no such (?:table|column)\b/.test(message) ? 'unfit' : undefined)

const getProblem = (code: string, isConnecting: boolean): StoreProblem | undefined =>
  systemProblems.get(code) ??
  states.find(([pattern]) => pattern.test(code))?.[1] ??
  (tlsCodes.test(code) ? 'untrusted' : undefined) ??
  // This concerns the socket of the server, since the driver reads no other file.
  (isConnecting && (code === 'ENOENT' || code === 'EACCES') ? 'unreachable' : undefined)

/** Classes 22 and 23 repeat values, these do not. */
const wordsOf = (code: string, message: string): string | undefined =>
  /^(?:08|28|3D|3F|42|53|57)...$/.test(code) ? clip(message) : undefined

const clip = (message: string): string => message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 300)

/** Returns why the store is unavailable, if `error` says so; see `findStoreFault`. */
export const findStoreProblem = (error: unknown): StoreProblem | undefined => findStoreFault(error)?.trouble

/** Returns whether `error` says that the store is unavailable. */
export const isStoreUnavailable = (error: unknown): boolean => findStoreFault(error) !== undefined

/** Codes of a lost connection. */
const lostCodes = new Set(['ECONNRESET', 'EPIPE', '08003', '08006', '57P01', '57P02', '57P05', '25P03'])

/** Returns whether `error` says that the connection broke during use: another one may work. */
export function isConnectionLost(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (
    lostCodes.has(String(code)) ||
    /Connection terminated|Client has encountered a connection|connection has been discarded/.test(
      String(message),
    )
  )
}
