import { createHash } from 'node:crypto'
import type { AuditRow } from '../storage/tables/record-tables.ts'

/** A row with its place in the chain. */
export type ChainedRow = AuditRow

/** What a row says; the hashes beside it prove that it says what was written. */
export type AuditBody = Omit<AuditRow, 'previous_hash' | 'hash'>

/** The end of a chain: the last row's number and hash. */
export interface ChainEnd {
  sequence: number
  hash: string
}

/** Where a chain begins. */
export const chainStart: ChainEnd = { sequence: 0, hash: '0'.repeat(64) }

/** The first row that is not as it was written, and in what way. */
export interface ChainProblem {
  sequence: number
  kind: 'missing' | 'out-of-order' | 'altered' | 'cut-off' | 'checkpoint' | 'unproven' | 'forged' | 'planted'
  /** The key that was planted. */
  name?: string
}

/** SHA-256 over the row's fields as a JSON array, in the order of `AuditBody`; hex. */
export function hashBody(body: AuditBody): string {
  const fields = [
    ...[body.sequence, body.at, body.actor_kind, body.actor_id, body.actor_name, body.origin],
    ...[body.organization_id, body.action, body.subject_kind, body.subject_id, body.before, body.after],
  ]
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

/** The hash that binds a row to all before it: SHA-256 over the previous hash and the row's own, 32 bytes each. */
export function chainHash(previousHash: string, bodyHash: string): string {
  return createHash('sha256').update(previousHash, 'hex').update(bodyHash, 'hex').digest('hex')
}

/** Asks whether `row` is the one that followed `end`. */
export function findChainProblem(end: ChainEnd, row: ChainedRow): ChainProblem | undefined {
  const expected = end.sequence + 1
  if (row.sequence !== expected) return { sequence: expected, kind: 'missing' }
  if (chainHash(row.previous_hash, hashBody(row)) !== row.hash) return { sequence: expected, kind: 'altered' }
  // A row that is whole in itself and continues another chain was moved here, or the one before it was replaced.
  if (row.previous_hash !== end.hash) return { sequence: expected, kind: 'out-of-order' }
  return undefined
}
