import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import type { Actor } from '../../shapes/actor.ts'
import { assertTransition, type Certificate, findListName } from '../certificate.ts'
import type { CertificateEmails, Environments } from '../certificate-dependencies.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { CertificateStore, Revoking } from '../certificate-store.ts'

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
 * succeeds. `record` is called in the transaction. Throws `name_does_not_match` or `certificate_wrong_state`.
 */
export async function revokeCertificate(
  dependencies: RevokeDependencies,
  actor: Actor,
  { organization, certificateId }: { organization: { id: string; slug: string }; certificateId: string },
  { reason, name, record }: { reason: RevocationReason; name: string } & Pick<Revoking, 'record'>,
): Promise<Certificate> {
  const certificate = await dependencies.certificates.get(organization.id, certificateId)
  assertTransition(certificate, 'revoked', dependencies.clock.now())
  if (name.trim() !== certificate.name) {
    throw new PosternError(
      'name_does_not_match',
      'The name that was typed is not the name of this certificate. Nothing was revoked.',
    )
  }
  const { certificates, letters: emails, environments, clock, crl } = dependencies
  const others =
    reason === 'keyCompromise' ? await certificates.listWithSameKey(certificate, clock.now()) : []
  const withLetters = (one: Certificate) => ({
    id: one.id,
    letters: emails.revoked(toCertificateNews(one, organization.slug, environments), actor.name),
  })
  const { letters } = withLetters(certificate)
  const revocation = { reason, letters, others: others.map(withLetters), ...(record && { record }) }
  const act = { actor, now: clock.now() }
  const revoked = await certificates.revoke(organization.id, certificateId, revocation, act)
  // The revocation is already effective, and a job publishes the CRLs again: a failure here only delays them.
  for (const list of new Set([...others, revoked].map(findListName)))
    if (list !== undefined)
      await crl.publish(list).catch((error) => crl.onFailure('publish-revocation-list', error))
  return revoked
}
