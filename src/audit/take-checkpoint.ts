import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { type ChainEnd, type ChainProblem, chainStart } from './audit-chain.ts'
import type { AuditStore } from './audit-store.ts'
import { type Checkpoint, type CheckpointSigner, isCheckpointSigned, stateCheckpoint } from './checkpoint.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { followChain } from './follow-chain.ts'
import { describeChainProblem } from './verify-audit.ts'

/** The dependencies of checkpoints. */
export interface CheckpointDependencies {
  audit: Pick<AuditStore, 'readAfter'>
  checkpoints: CheckpointStore
  openSigner(): Promise<CheckpointSigner>
  /** The files outside the store that receive each checkpoint. */
  files: readonly CheckpointFile[]
  clock: Clock
  /** Called with each new checkpoint after it is stored; the caller sees its errors. */
  announce?: ((checkpoint: Checkpoint) => Promise<void>) | undefined
}

/**
 * Returns a function that signs the last row of the audit log, and stores the checkpoint in the store and
 * outside of it; it does nothing if there are no new rows. The log has to continue from the latest checkpoint
 * that this process or one of its files knows: the key never signs a rewritten history. The function throws
 * `audit_log_altered` in that case, until an operator has intervened.
 */
export function createCheckpointTaker(dependencies: CheckpointDependencies): () => Promise<void> {
  let known: Checkpoint | undefined
  return async () => {
    const signer = await dependencies.openSigner()
    known =
      newestOf([known, ...keptIn(dependencies.files, signer)]) ??
      (await findNewestStored(dependencies, signer))
    const end = await getEnd(dependencies, signer, known)
    if (end.sequence === 0) return
    const checkpoint = end.sequence === known?.sequence ? known : await sign(dependencies, signer, end)
    await dependencies.checkpoints.insert(checkpoint)
    for (const file of dependencies.files) if (isNewFor(file, checkpoint)) file.append(checkpoint)
    if (checkpoint !== known) await dependencies.announce?.(checkpoint)
    known = checkpoint
  }
}

function keptIn(files: readonly CheckpointFile[], { publicKey }: CheckpointSigner): Checkpoint[] {
  const kept = files.flatMap((file) => file.readNewest())
  // From the last one: in the normal case one signature is verified.
  const newest = kept
    .sort((a, b) => b.sequence - a.sequence)
    .find((checkpoint) => isCheckpointSigned(checkpoint, publicKey))
  return newest === undefined ? [] : [newest]
}

const isNewFor = (file: CheckpointFile, { sequence }: Checkpoint): boolean =>
  !file.readNewest().some((kept) => kept.sequence === sequence)

const newestOf = (checkpoints: readonly (Checkpoint | undefined)[]): Checkpoint | undefined =>
  checkpoints.filter((one) => one !== undefined).sort((a, b) => b.sequence - a.sequence)[0]

async function findNewestStored(
  { checkpoints }: CheckpointDependencies,
  { publicKey }: CheckpointSigner,
): Promise<Checkpoint | undefined> {
  const all = await checkpoints.listAfter(0)
  return all.findLast((checkpoint) => isCheckpointSigned(checkpoint, publicKey))
}

/** Returns the last row of the log that continues from `known`. Throws `audit_log_altered`. */
async function getEnd(
  { audit }: CheckpointDependencies,
  { publicKey }: CheckpointSigner,
  known: Checkpoint | undefined,
): Promise<ChainEnd> {
  const keys = [publicKey]
  if (known === undefined) return orThrow(await followChain(audit, chainStart, keys))
  const [row] = await audit.readAfter(known.sequence - 1, 1)
  if (row?.sequence !== known.sequence)
    throw altered({ sequence: known.sequence, kind: row === undefined ? 'cut-off' : 'missing' })
  if (row.hash !== known.hash) throw altered({ sequence: known.sequence, kind: 'checkpoint' })
  return orThrow(await followChain(audit, known, keys))
}

function orThrow({ end, problem }: { end: ChainEnd; problem: ChainProblem | undefined }): ChainEnd {
  if (problem !== undefined) throw altered(problem)
  return end
}

const altered = (problem: ChainProblem) =>
  new PosternError(
    'audit_log_altered',
    `${describeChainProblem(problem)} Nothing more is signed until an operator has looked: postern audit verify.`,
  )

async function sign(
  { clock }: CheckpointDependencies,
  signer: CheckpointSigner,
  { sequence, hash }: ChainEnd,
): Promise<Checkpoint> {
  const at = clock.now()
  const signature = await signer.sign(stateCheckpoint({ sequence, hash, at }))
  return { sequence, hash, at, keyId: signer.keyId, signature }
}
