import { z } from 'zod'
import { type ChainedRow, chainHash, hashBody } from '../audit/audit-chain.ts'
import type { AuditStore } from '../audit/audit-store.ts'
import { type Checkpoint, isCheckpointSigned } from '../audit/checkpoint.ts'
import type { CheckpointStore } from '../audit/checkpoint-store.ts'
import { trackRedactions } from '../audit/redaction.ts'
import { PosternError } from '../errors.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Row = z.object({
  sequence: z.number().int(),
  at: z.number().int(),
  actor_kind: z.string(),
  actor_id: z.string(),
  actor_name: z.string(),
  origin: z.string(),
  organization_id: z.string().nullable(),
  action: z.string(),
  subject_kind: z.string(),
  subject_id: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  salt: z.string().nullable().default(null),
  /** Of a redacted row: the hash of what was written. A row of the proof that says so must name it. */
  written_sha256: Hash.nullable().default(null),
})
/** A row of the audit log without its hashes, which the reader computes. */
export type ProvenRow = z.output<typeof Row>

const Segment = z.object({
  previousHash: Hash,
  from: z.number().int(),
  rows: z.array(z.union([Row, Hash])).min(1),
  checkpoint: z.object({
    sequence: z.number().int(),
    hash: Hash,
    at: z.number().int(),
    keyId: z.string(),
    signature: z.base64(),
  }),
})
type Segment = z.output<typeof Segment>

/**
 * Rows of the audit log with proof that the log contains them: segments of the chain, each from a disclosed
 * row to the next signed checkpoint. Of the undisclosed rows in between, only the hash is included.
 */
export const AuditProof = z.object({ format: z.literal('postern-audit-proof-1'), segments: z.array(Segment) })
export type AuditProof = z.output<typeof AuditProof>

/** Returns the disclosed rows of a proof, the oldest first; they are not verified yet. */
export const getOwnRows = ({ segments }: AuditProof): ProvenRow[] =>
  segments.flatMap(({ rows }) => rows.filter((row) => typeof row !== 'string'))

const rowsAtOnce = 1000

/** Proves the rows about one subject. Every row has to be covered by a checkpoint. */
export async function proveRows(
  { audit, checkpoints }: { audit: AuditStore; checkpoints: CheckpointStore },
  organizationId: string,
  subjectId: string,
): Promise<AuditProof> {
  const segments: Segment[] = []
  let covered = 0
  const sequences = await audit.listSequences(organizationId, subjectId)
  const disclosed = new Set(sequences)
  for (const sequence of sequences) {
    if (sequence <= covered) continue
    const checkpoint = await checkpoints.findFrom(sequence)
    if (checkpoint === undefined)
      throw new PosternError('unavailable', 'The audit log has no checkpoint yet. Try again in a minute.')
    segments.push(await proveSegment(audit, disclosed, sequence, checkpoint))
    covered = checkpoint.sequence
  }
  return { format: 'postern-audit-proof-1', segments }
}

async function proveSegment(
  audit: AuditStore,
  disclosed: ReadonlySet<number>,
  from: number,
  { signature, ...checkpoint }: Checkpoint,
): Promise<Segment> {
  const rows: Segment['rows'] = []
  let previousHash = ''
  for (let last = from - 1; last < checkpoint.sequence; ) {
    const most = Math.min(rowsAtOnce, checkpoint.sequence - last)
    const read = await audit.readAfter(last, most)
    for (const row of read) {
      if (row.sequence === from) previousHash = row.previous_hash
      rows.push(disclosed.has(row.sequence) ? withoutHashes(row) : (row.written_sha256 ?? hashBody(row)))
      last = row.sequence
    }
    if (read.length < most) break
  }
  const text = Buffer.from(signature).toString('base64')
  return { previousHash, from, rows, checkpoint: { ...checkpoint, signature: text } }
}

const withoutHashes = ({ previous_hash, hash, redacted_by, ...row }: ChainedRow): ProvenRow => row

/**
 * Returns the rows of a proof, in order, if `publicKey` (SPKI, DER) signed every checkpoint; otherwise the
 * problem.
 */
export function checkProof(proof: AuditProof, publicKey: Uint8Array): ProvenRow[] | string {
  const proven: ProvenRow[] = []
  const redactions = trackRedactions(0, [publicKey])
  for (const { previousHash, from, rows, checkpoint } of proof.segments) {
    let hash = previousHash
    for (const [index, row] of rows.entries()) {
      if (typeof row !== 'string' && row.sequence !== from + index)
        return `row ${row.sequence} does not stand in its place`
      hash = chainHash(hash, typeof row === 'string' ? row : (row.written_sha256 ?? hashBody(row)))
      if (typeof row === 'string') continue
      if (redactions.take(row) !== undefined)
        return `row ${row.sequence} records a redaction that the key did not sign`
      proven.push(row)
    }
    const last = from + rows.length - 1
    if (last !== checkpoint.sequence || hash !== checkpoint.hash)
      return `the rows from ${from} do not lead to the checkpoint at row ${checkpoint.sequence}`
    const signature = Buffer.from(checkpoint.signature, 'base64')
    if (!isCheckpointSigned({ ...checkpoint, signature }, publicKey))
      return `the checkpoint at row ${checkpoint.sequence} is not signed by the key`
  }
  const doubtful = new Set(redactions.listDoubtful())
  const altered = proven.find(({ sequence }) => doubtful.has(sequence))
  return altered === undefined ? proven : `row ${altered.sequence} is not as it was written or redacted`
}
