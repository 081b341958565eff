import { PosternError } from '../../errors.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import { systemActor } from '../../shapes/actor.ts'
import type { Certificate } from '../certificate.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { Revoking } from '../certificate-store.ts'
import type { RevokeDependencies } from './revoke-certificate.ts'

const actor = systemActor('issuer')

/**
 * Revokes an externally issued certificate permanently because its CA has, with the others of its key if that is
 * compromised. `finding` is a sentence that says what the CA has revoked and when. One that is not valid any more stays as
 * it is.
 */
export async function revokeByIssuer(
  {
    certificates,
    letters,
    environments,
    clock,
  }: Pick<RevokeDependencies, 'certificates' | 'letters' | 'environments' | 'clock'>,
  { organization, certificateId }: { organization: { id: string; slug: string }; certificateId: string },
  { reason, finding, record }: { reason: RevocationReason; finding: string } & Pick<Revoking, 'record'>,
): Promise<void> {
  const certificate = await certificates.get(organization.id, certificateId)
  const now = clock.now()
  const others = reason === 'keyCompromise' ? await certificates.listWithSameKey(certificate, now) : []
  const toLetters = (one: Certificate) =>
    letters.revokedByIssuer(toCertificateNews(one, organization.slug, environments), finding)
  const revocation = {
    reason,
    letters: toLetters(certificate),
    others: others.map((one) => ({ id: one.id, letters: toLetters(one) })),
    ...(record && { record }),
  }
  try {
    await certificates.revoke(organization.id, certificateId, revocation, { actor, now })
  } catch (error) {
    if (error instanceof PosternError && error.code === 'certificate_wrong_state') return
    throw error
  }
}
