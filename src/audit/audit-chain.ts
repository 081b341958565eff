import { createHash } from 'node:crypto'
import type { AuditRow } from '../storage/tables/record-tables.ts'

/** A row with its position in the chain. */
export type ChainedRow = AuditRow

/** The content of a row; the hashes beside it prove that it is unchanged. */
export type AuditBody = Omit<AuditRow, 'previous_hash' | 'hash' | 'written_sha256' | 'redacted_by'>

/** The last row of a chain: its number and hash. */
export interface ChainEnd {
  sequence: number
  hash: string
}

/** The start of a chain. */
export const chainStart: ChainEnd = { sequence: 0, hash: '0'.repeat(64) }

/** The first row that is not intact, and the kind of problem. */
export interface ChainProblem {
  sequence: number
  kind:
    | 'missing'
    | 'out-of-order'
    | 'altered'
    | 'cut-off'
    | 'checkpoint'
    | 'unproven'
    | 'forged'
    | 'planted'
    | 'redaction'
  /** The planted key. */
  name?: string
}

/**
 * Returns SHA-256 over the row's fields as a JSON array, in the order of `AuditBody`; hex. Rows without a salt, of older
 * releases and redacted ones, have an array without it.
 */
export function hashBody(body: AuditBody): string {
  const fields = [
    ...[body.sequence, body.at, body.actor_kind, body.actor_id, body.actor_name, body.origin],
    ...[body.organization_id, body.action, body.subject_kind, body.subject_id, body.before, body.after],
    ...(body.salt === null ? [] : [body.salt]),
  ]
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

/**
 * Returns the hash that binds a row to all previous ones: SHA-256 over the previous hash and the row's own,
 * 32 bytes each.
 */
export function chainHash(previousHash: string, bodyHash: string): string {
  return createHash('sha256').update(previousHash, 'hex').update(bodyHash, 'hex').digest('hex')
}

/**
 * Returns the problem if `row` does not continue the chain after `end`. A redacted row continues it with the hash of what
 * was written; whether it may say something else is judged by `trackRedactions`.
 */
export function findChainProblem(end: ChainEnd, row: ChainedRow): ChainProblem | undefined {
  const expected = end.sequence + 1
  if (row.sequence !== expected) return { sequence: expected, kind: 'missing' }
  const written = row.written_sha256 ?? hashBody(row)
  if (chainHash(row.previous_hash, written) !== row.hash) return { sequence: expected, kind: 'altered' }
  // A row with a valid hash that continues another chain was moved here, or the previous one was replaced.
  if (row.previous_hash !== end.hash) return { sequence: expected, kind: 'out-of-order' }
  return undefined
}
