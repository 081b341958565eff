import { type BulkRevocation, type BulkRevocationView, maxRevoked } from '../../contract/bulk-revocation.ts'
import { revocationReasonNames } from '../../contract/enum-names.ts'
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import { findListName } from '../certificate.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { BulkRevocationStore } from './bulk-revocation-store.ts'
import type { RevokeDependencies } from './revoke-certificate.ts'

const shown = 200

/**
 * Revokes the matching certificates of all organizations, each in its own transaction, then publishes the
 * CRLs; for `keyCompromise` also the other certificates of the same keys. Without `expected` it only reports
 * what would be revoked. Throws `conflict`, and revokes nothing, if the number of matches differs from
 * `expected`. An interrupted call can be repeated: revoked certificates no longer match.
 */
export async function revokeCertificates(
  { bulk, ...parts }: RevokeDependencies & { bulk: BulkRevocationStore },
  actor: Actor,
  { expected, reason, ...criterion }: BulkRevocation,
): Promise<BulkRevocationView> {
  const { certificates, letters: emails, environments, clock, crl } = parts
  const selection = { ...criterion, reason: revocationReasonNames.toStored(reason) }
  const matching = await bulk.count(selection, clock.now())
  const found = await bulk.list(selection, expected === null ? shown : maxRevoked, clock.now())
  const view = (revoked: number): BulkRevocationView => ({
    matching,
    revoked,
    certificates: found.slice(0, shown).map(({ certificate: { id, name, environment }, organization }) => ({
      id,
      name,
      organization: organization.slug,
      environment,
    })),
  })
  if (expected === null) return view(0)
  if (expected !== matching) {
    throw new PosternError(
      'conflict',
      `${matching} certificates fit now, not ${expected}. Nothing was revoked. Look at them again.`,
    )
  }
  let revoked = 0
  const lists = new Set<string>()
  for (const { certificate, organization } of found) {
    const news = emails.revoked(toCertificateNews(certificate, organization.slug, environments), actor.name)
    const { id, organizationId } = certificate
    const done = await certificates
      .revoke(organizationId, id, { reason: selection.reason, letters: news }, { actor, now: clock.now() })
      .catch((error: unknown) => {
        // Another call has revoked it in the meantime, with the same result.
        if (error instanceof PosternError && error.code === 'certificate_wrong_state') return undefined
        throw error
      })
    if (done === undefined) continue
    revoked += 1
    const list = findListName(done)
    if (list !== undefined) lists.add(list)
  }
  for (const name of lists)
    await crl.publish(name).catch((error) => crl.onFailure('publish-revocation-list', error))
  return view(revoked)
}
