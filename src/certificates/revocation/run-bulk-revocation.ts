import type { NewBulkRevocation } from '../../contract/bulk-revocation.ts'
import { revocationReasonNames } from '../../contract/enum-names.ts'
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import { findListName } from '../certificate.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { OwnedCertificate } from '../issuance-store.ts'
import type { BulkRevocationStore, RunningBulk } from './bulk-revocation-store.ts'
import type { RevokeDependencies } from './revoke-certificate.ts'

/** So many revocations wait for the store at a time; the CRLs follow each batch. */
const atOnce = 10
const perBatch = 200

/** The dependencies of a bulk revocation. */
export type BulkDependencies = RevokeDependencies & { bulk: BulkRevocationStore }

/**
 * Creates a bulk revocation, which a job does, or a dry run. Throws `conflict`, and revokes nothing, if the number of
 * matching certificates differs from `expectedCount`.
 */
export const createBulkRevocation = (
  { bulk, clock }: BulkDependencies,
  actor: Actor,
  { dryRun: _, reason, ...given }: NewBulkRevocation,
) => bulk.create({ ...given, reason: revocationReasonNames.toStored(reason) }, { actor, now: clock.now() })

/**
 * Revokes the certificates of a bulk revocation whose turn has not come, each in its own transaction together with the
 * record of it, and publishes the CRLs. It can be interrupted anywhere and run again.
 */
export async function runBulkRevocation(
  dependencies: BulkDependencies,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const { bulk, crl, clock } = dependencies
  const running = await bulk.findRunning(id)
  if (running === undefined) return
  for (;;) {
    const waiting = await bulk.listWaiting(id, perBatch)
    if (waiting.length === 0) break
    const lists = new Set<string>()
    for (let from = 0; from < waiting.length; from += atOnce) {
      signal?.throwIfAborted()
      const done = waiting.slice(from, from + atOnce).map((one) => revokeOne(dependencies, running, one))
      for (const list of await Promise.all(done)) if (list !== undefined) lists.add(list)
    }
    for (const name of lists)
      await crl.publish(name).catch((error) => crl.onFailure('publish-revocation-list', error))
  }
  await bulk.finish(running, 'done', clock.now())
}

/** Ends a bulk revocation whose job has failed permanently. */
export async function failBulkRevocation({ bulk, clock }: BulkDependencies, id: string): Promise<void> {
  const running = await bulk.findRunning(id)
  if (running !== undefined) await bulk.finish(running, 'failed', clock.now())
}

/** Revokes one certificate and returns the name of its CRL. */
async function revokeOne(
  { bulk, certificates, letters: emails, environments, clock }: BulkDependencies,
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
        record: (tx) => bulk.settle(tx, { id: bulkId, certificateId: id, outcome: 'revoked', now }),
      },
      { actor, now },
    )
    return findListName(revoked)
  } catch (error) {
    // It has expired or was revoked in the meantime.
    if (!(error instanceof PosternError && error.code === 'certificate_wrong_state')) throw error
    await bulk.skip(bulkId, id, now)
    return undefined
  }
}
