import type { Clock } from '../../clock.ts'
import type { NewBulkRevocation } from '../../contract/bulk-revocation.ts'
import { revocationReasonNames } from '../../contract/enum-names.ts'
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import { findListName } from '../certificate.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { OwnedCertificate } from '../issuance-store.ts'
import type { BulkProgressStore, RunningBulk } from './bulk-progress-store.ts'
import type { BulkRevocationStore } from './bulk-revocation-store.ts'
import type { RevokeDependencies } from './revoke-certificate.ts'

/** So many revocations wait for the store at a time; the CRLs follow each batch. */
const atOnce = 10
const perBatch = 200

/** The dependencies of the job of a bulk revocation. */
export type BulkDependencies = RevokeDependencies & { bulkProgress: BulkProgressStore }

/**
 * Creates a bulk revocation, which a job does, or a dry run. Throws `conflict`, and revokes nothing, if the number of
 * matching certificates differs from `expectedCount`.
 */
export const createBulkRevocation = (
  { bulk, clock }: { bulk: BulkRevocationStore; clock: Clock },
  actor: Actor,
  { dryRun: _, reason, ...given }: NewBulkRevocation,
) => bulk.create({ ...given, reason: revocationReasonNames.toStored(reason) }, { actor, now: clock.now() })

/**
 * Revokes the certificates of a bulk revocation whose turn has not come, each in its own transaction together with the
 * record of it, and publishes the CRLs. It can be interrupted anywhere and run again. Certificates that cannot be
 * revoked do not hold up the others, however many they are: the first of their errors is thrown at the end. Throws
 * earlier only while the store cannot be written.
 */
export async function runBulkRevocation(
  dependencies: BulkDependencies,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const { bulkProgress, clock } = dependencies
  const running = await bulkProgress.findRunning(id)
  if (running === undefined) return
  let failure: Failure | undefined
  for (let after = ''; ; ) {
    const waiting = await bulkProgress.listWaiting(id, after, perBatch)
    const last = waiting.at(-1)
    if (last === undefined) break
    const failed = await revokeBatch(dependencies, running, waiting, signal)
    failure ??= failed
    after = last.certificate.id
  }
  if (failure !== undefined) throw failure.reason
  await bulkProgress.finish(running, 'done', clock.now())
}

/** Why a certificate could not be revoked. */
type Failure = Pick<PromiseRejectedResult, 'reason'>

/** Revokes certificates and publishes their CRLs; returns the first failure. Throws if the store cannot be written. */
async function revokeBatch(
  dependencies: BulkDependencies,
  running: RunningBulk,
  batch: readonly OwnedCertificate[],
  signal: AbortSignal | undefined,
): Promise<Failure | undefined> {
  const { bulkProgress, crl } = dependencies
  const lists = new Set<string>()
  let failure: Failure | undefined
  try {
    for (let from = 0; from < batch.length; from += atOnce) {
      signal?.throwIfAborted()
      const some = batch.slice(from, from + atOnce)
      const results = await Promise.allSettled(some.map((one) => revokeOne(dependencies, running, one)))
      const failed = results.filter((result) => result.status === 'rejected')
      failure ??= failed[0]
      // Each certificate may have a fault of its own, or all of them that of the store.
      if (failed.length === some.length) await bulkProgress.assertWritable(running.id)
      for (const result of results)
        if (result.status === 'fulfilled' && result.value !== undefined) lists.add(result.value)
    }
  } finally {
    for (const name of lists)
      await crl.publish(name).catch((error) => crl.onFailure('publish-revocation-list', error))
  }
  return failure
}

/** Ends a bulk revocation whose job has failed permanently. */
export async function failBulkRevocation(
  { bulkProgress, clock }: BulkDependencies,
  id: string,
): Promise<void> {
  const running = await bulkProgress.findRunning(id)
  if (running !== undefined) await bulkProgress.finish(running, 'failed', clock.now())
}

/** Revokes one certificate and returns the name of its CRL. */
async function revokeOne(
  { bulkProgress, certificates, letters: emails, environments, clock }: BulkDependencies,
  { id: bulkId, reason, actor }: RunningBulk,
  { certificate, organization }: OwnedCertificate,
): Promise<string | undefined> {
  const { id, organizationId } = certificate
  const now = clock.now()
  const letters = emails.revoked(toCertificateNews(certificate, organization.slug, environments), actor.name)
  try {
    const revoked = await certificates.revoke(
      organizationId,
      id,
      {
        reason,
        letters,
        record: (tx) => bulkProgress.settle(tx, { id: bulkId, certificateId: id, outcome: 'revoked', now }),
      },
      { actor, now },
    )
    return findListName(revoked)
  } catch (error) {
    // It has expired or was revoked in the meantime.
    if (!(error instanceof PosternError && error.code === 'certificate_wrong_state')) throw error
    await bulkProgress.skip(bulkId, id, now)
    return undefined
  }
}
