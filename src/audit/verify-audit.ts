import { setImmediate as letOthersRun } from 'node:timers/promises'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { type ChainEnd, type ChainProblem, chainStart } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'
import { type Checkpoint, formatCheckpoint, isCheckpointSigned } from './checkpoint.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { followChain } from './follow-chain.ts'

const signaturesAtOnce = 100

/** The result of a verification of the audit log. */
export interface AuditResult {
  /** The last intact row. */
  end: ChainEnd
  /** Number of matching checkpoints. */
  checkpoints: number
  /** The latest of them. */
  newest: Pick<Checkpoint, 'sequence' | 'at'> | undefined
  problem: ChainProblem | undefined
}

/** The dependencies of the verification. */
export interface VerifyDependencies {
  audit: Pick<AuditStore, 'readAfter'>
  checkpoints: Pick<CheckpointStore, 'listAfter' | 'listKeys'>
}

/** Trusted data from outside the store: without it the content of the store proves nothing. */
export interface Evidence {
  /** The keys (SPKI, DER) that may sign checkpoints. */
  keys: readonly Uint8Array[]
  /**
   * External checkpoints: only they can prove that no rows were deleted from the end with their checkpoints.
   */
  kept?: readonly Checkpoint[]
}

/**
 * Reads the whole audit log, compares every hash and every checkpoint, and returns the first row that is
 * missing, altered, out of order or cut off; otherwise a checkpoint or key of another signer. A log without a
 * signed checkpoint is not proven at all.
 */
export async function verifyAudit(
  { audit, checkpoints }: VerifyDependencies,
  { keys, kept = [] }: Evidence,
): Promise<AuditResult> {
  const stored = await checkpoints.listAfter(0)
  const all = withoutDoubles([...stored, ...kept]).sort((a, b) => a.sequence - b.sequence)
  const waiting = await keepSigned(all, keys)
  let agreed = 0
  let newest: AuditResult['newest']
  const { end, problem } = await followChain(audit, chainStart, keys, (end) => {
    while (waiting[agreed]?.sequence === end.sequence) {
      const checkpoint = waiting[agreed] as Checkpoint
      if (checkpoint.hash !== end.hash) return { sequence: end.sequence, kind: 'checkpoint' }
      agreed += 1
      newest = { sequence: checkpoint.sequence, at: checkpoint.at }
    }
    return undefined
  })
  const found =
    problem ??
    findMissing(end, agreed, waiting.length) ??
    findForged(all, waiting) ??
    (await findPlanted(checkpoints, keys))
  return { end, checkpoints: agreed, newest, problem: found }
}

/** Removes duplicates, since most external checkpoints are in the store too. */
function withoutDoubles(checkpoints: readonly Checkpoint[]): Checkpoint[] {
  return [...new Map(checkpoints.map((one) => [formatCheckpoint(one), one])).values()]
}

async function keepSigned(checkpoints: Checkpoint[], keys: readonly Uint8Array[]): Promise<Checkpoint[]> {
  const signed: Checkpoint[] = []
  for (const [index, checkpoint] of checkpoints.entries()) {
    if (keys.some((key) => isCheckpointSigned(checkpoint, key))) signed.push(checkpoint)
    if (index % signaturesAtOnce === 0) await letOthersRun()
  }
  return signed
}

function findMissing(end: ChainEnd, agreed: number, all: number): ChainProblem | undefined {
  if (agreed < all) return { sequence: end.sequence + 1, kind: 'cut-off' }
  return agreed === 0 && end.sequence > 0 ? { sequence: 1, kind: 'unproven' } : undefined
}

function findForged(all: readonly Checkpoint[], genuine: readonly Checkpoint[]): ChainProblem | undefined {
  const signed = new Set(genuine)
  const forged = all.find((checkpoint) => !signed.has(checkpoint))
  return forged && { sequence: forged.sequence, kind: 'forged' }
}

async function findPlanted(
  checkpoints: VerifyDependencies['checkpoints'],
  keys: readonly Uint8Array[],
): Promise<ChainProblem | undefined> {
  const stored = await checkpoints.listKeys()
  const planted = stored.find(({ publicKey }) => !keys.some((key) => isSameBytes(key, publicKey)))
  return planted && { sequence: 0, kind: 'planted', name: planted.id }
}

const sentences: Record<Exclude<ChainProblem['kind'], 'planted'>, string> = {
  missing: 'is missing: it was deleted after it had been written.',
  altered: 'was altered after it had been written.',
  redaction: 'says that rows were redacted, and the key of the audit log did not sign that.',
  'out-of-order': 'does not follow the row before it: rows were moved, or the one before was replaced.',
  'cut-off': 'and all after it are missing: a signed checkpoint says that the log was longer.',
  checkpoint: 'is not the one that a signed checkpoint names: the log was written anew from here or before.',
  unproven: 'and all after it are proven by nothing: no checkpoint is signed by the key of the audit log.',
  forged: 'has a checkpoint that the key of the audit log did not sign: it was made by somebody else.',
}

/** Returns the problem as a sentence. */
export const describeChainProblem = ({ sequence, kind, name }: ChainProblem): string =>
  kind === 'planted'
    ? `The store holds the audit key ${name}, which is not the key of the audit log: it was planted, or altered.`
    : `Row ${sequence} of the audit log ${sentences[kind]}`
