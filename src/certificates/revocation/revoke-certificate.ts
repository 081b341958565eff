import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import type { Actor } from '../../shapes/actor.ts'
import { assertTransition, type Certificate, findListName } from '../certificate.ts'
import type { CertificateEmails, Environments } from '../certificate-dependencies.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { CertificateStore } from '../certificate-store.ts'

/** The dependencies of a revocation. */
export interface RevokeDependencies {
  certificates: CertificateStore
  letters: CertificateEmails
  environments: Environments
  clock: Clock
  crl: {
    /** Publishes the CRL with this name, the one that the revoked certificate names. */
    publish(name: string): Promise<void>
    /** Receives a failed CRL publication, which a job retries. */
    onFailure(what: string, error: unknown): void
  }
}

/**
 * Revokes a certificate permanently, with the other certificates of its key if that is compromised, and
 * publishes our CRL that it names. The user types `name` as a confirmation. Of two concurrent calls one
 * succeeds. Throws `name_does_not_match` or `certificate_wrong_state`.
 */
export async function revokeCertificate(
  dependencies: RevokeDependencies,
  actor: Actor,
  { organization, certificateId }: { organization: { id: string; slug: string }; certificateId: string },
  { reason, name }: { reason: RevocationReason; name: string },
): Promise<Certificate> {
  const certificate = await dependencies.certificates.get(organization.id, certificateId)
  assertTransition(certificate, 'revoked', dependencies.clock.now())
  if (name.trim() !== certificate.name) {
    throw new PosternError(
      'name_does_not_match',
      'The name that was typed is not the name of this certificate. Nothing was revoked.',
    )
  }
  const revocation = { slug: organization.slug, reason }
  // The others first, so that an interrupted call can be repeated.
  if (reason === 'keyCompromise')
    for (const other of await dependencies.certificates.listWithSameKey(
      certificate,
      dependencies.clock.now(),
    ))
      await revokeOne(dependencies, actor, other, revocation)
  return revokeOne(dependencies, actor, certificate, revocation)
}

async function revokeOne(
  { certificates, letters: emails, environments, clock, crl }: RevokeDependencies,
  actor: Actor,
  certificate: Certificate,
  { slug, reason }: { slug: string; reason: RevocationReason },
): Promise<Certificate> {
  const told = emails.revoked(toCertificateNews(certificate, slug, environments), actor.name)
  const { id, organizationId } = certificate
  const act = { actor, now: clock.now() }
  const revoked = await certificates.revoke(organizationId, id, { reason, letters: told }, act)
  // The revocation is already effective, and a job publishes the CRL again: a failure here only delays the
  // CRL.
  const list = findListName(revoked)
  if (list !== undefined)
    await crl.publish(list).catch((error) => crl.onFailure('publish-revocation-list', error))
  return revoked
}
