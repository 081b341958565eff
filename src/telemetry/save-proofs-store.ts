import { proveJob } from '../contract/registration.ts'
import type { ProvenKey } from '../contract/usage-batch.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import type { Tx } from '../storage/database.ts'

/** Stores proofs of possession for registrations that wait for one; ignores all others. */
export async function saveProofs(tx: Tx, proofs: readonly ProvenKey[]): Promise<void> {
  for (const { registrationId, challenge, fingerprintSha256, environment, clientAddress, at } of proofs) {
    const kept = await tx
      .updateTable('registrations')
      .set({ handshake: JSON.stringify({ clientAddress, at }) })
      .where('id', '=', registrationId)
      .where('challenge', '=', challenge)
      .where('fingerprint_sha256', '=', fingerprintSha256)
      .where('environment', '=', environment)
      .where('certificate_id', 'is', null)
      .where('expires_at', '>', at)
      .returning('organization_id')
      .executeTakeFirst()
    if (kept === undefined) continue
    await enqueueJob(tx, { kind: proveJob, key: registrationId, owner: kept.organization_id }, at, at)
  }
}
