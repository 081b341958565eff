import type { Clock } from '../clock.ts'
import type { AuditStore } from './audit-store.ts'
import { type CheckpointSigner, stateCheckpoint } from './checkpoint.ts'
import type { CheckpointStore } from './checkpoint-store.ts'

/** What a checkpoint is taken with. */
export interface CheckpointParts {
  audit: AuditStore
  checkpoints: CheckpointStore
  signer: CheckpointSigner
  clock: Clock
}

/** Signs where the audit log ends now; does nothing where nothing was written since the last time. */
export async function takeCheckpoint({ audit, checkpoints, signer, clock }: CheckpointParts): Promise<void> {
  const { sequence, hash } = await audit.findEnd()
  const latest = await checkpoints.findLatest()
  if (sequence === 0 || sequence === latest?.sequence) return
  const at = clock.now()
  const signature = await signer.sign(stateCheckpoint({ sequence, hash, at }))
  await checkpoints.insert({ sequence, hash, at, keyId: signer.keyId, signature })
}
