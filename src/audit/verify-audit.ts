import { setImmediate as letOthersRun } from 'node:timers/promises'
import { type ChainEnd, type ChainProblem, chainStart, findChainProblem } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'
import { type Checkpoint, isCheckpointSigned } from './checkpoint.ts'
import type { CheckpointStore } from './checkpoint-store.ts'

/** What verifying the audit log found. */
export interface AuditVerdict {
  /** The last row that is as it was written. */
  end: ChainEnd
  /** How many checkpoints agree. */
  checkpoints: number
  problem: ChainProblem | undefined
}

/** What the audit log is read with. */
export interface VerifyParts {
  audit: Pick<AuditStore, 'readAfter'>
  checkpoints: Pick<CheckpointStore, 'listAfter' | 'listKeys'>
}

const rowsAtOnce = 1000

/**
 * Reads the whole audit log, compares every hash and every checkpoint, and gives the first row that is
 * missing, altered, out of order or cut off. `kept` are checkpoints that were kept elsewhere: only they can
 * prove that the end was not cut off together with its checkpoints.
 */
export async function verifyAudit(
  { audit, checkpoints }: VerifyParts,
  kept: readonly Checkpoint[] = [],
): Promise<AuditVerdict> {
  const keys = await checkpoints.listKeys()
  const waiting = [...(await checkpoints.listAfter(0)), ...kept].sort((a, b) => a.sequence - b.sequence)
  let end = chainStart
  let agreed = 0
  const verdict = (problem?: ChainProblem): AuditVerdict => ({ end, checkpoints: agreed, problem })
  for (;;) {
    const rows = await audit.readAfter(end.sequence, rowsAtOnce)
    for (const row of rows) {
      const problem = findChainProblem(end, row)
      if (problem !== undefined) return verdict(problem)
      end = { sequence: row.sequence, hash: row.hash }
      while (waiting[0]?.sequence === row.sequence) {
        const checkpoint = waiting.shift() as Checkpoint
        if (!agrees(checkpoint, end, keys)) return verdict({ sequence: row.sequence, kind: 'checkpoint' })
        agreed += 1
      }
    }
    if (rows.length < rowsAtOnce) break
    // SQLite answers at once: without this a long log would hold up every request until it is read.
    await letOthersRun()
  }
  return verdict(waiting.length > 0 ? { sequence: end.sequence + 1, kind: 'cut-off' } : undefined)
}

function agrees(checkpoint: Checkpoint, end: ChainEnd, keys: ReadonlyMap<string, Uint8Array>): boolean {
  const key = keys.get(checkpoint.keyId)
  return key !== undefined && checkpoint.hash === end.hash && isCheckpointSigned(checkpoint, key)
}

const sentences: Record<ChainProblem['kind'], string> = {
  missing: 'is missing: it was deleted after it had been written.',
  altered: 'was altered after it had been written.',
  'out-of-order': 'does not follow the row before it: rows were moved, or the one before was replaced.',
  'cut-off': 'and all after it are missing: a signed checkpoint says that the log was longer.',
  checkpoint: 'is not the one that a signed checkpoint names: the log was written anew from here or before.',
}

/** The problem in a sentence. */
export const describeChainProblem = ({ sequence, kind }: ChainProblem): string =>
  `Row ${sequence} of the audit log ${sentences[kind]}`
