import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getProposedKey } from '../../shapes/allowed-keys.ts'
import { getCertificateLimits, type Organization } from '../../shapes/organization.ts'
import { type Certificate, statusAt, wrongState } from '../certificate.ts'
import { type Environments, getEnvironment } from '../certificate-dependencies.ts'
import type { CertificateStore } from '../certificate-store.ts'
import { getSubject } from './create-certificate.ts'
import type { DraftStore } from './draft-store.ts'

const replaceable = ['issued', 'expired', 'revoked']

/**
 * Throws `certificate_wrong_state` for a certificate that was never valid, and `not_found` for one of another
 * environment.
 */
export function assertReplaceable(certificate: Certificate, environment: string, now: number): void {
  if (certificate.environment !== environment)
    throw new PosternError('not_found', 'There is no such certificate here.')
  const status = statusAt(certificate, now)
  if (!replaceable.includes(status)) throw wrongState(certificate.name, status)
}

/**
 * Creates a replacement with the same details, which waits for a CSR with a new key, of another kind if that of the old one
 * ends; the old certificate is unchanged. Throws `certificate_wrong_state` for a certificate that was never issued or already has a
 * replacement, and `certificate_limit_reached`, `certificate_rate_exceeded`.
 */
export async function rotateCertificate(
  parts: { certificates: CertificateStore; drafts: DraftStore; environments: Environments; clock: Clock },
  actor: Actor,
  organization: Organization,
  certificateId: string,
): Promise<Certificate> {
  const { certificates, drafts, environments, clock } = parts
  const certificate = await certificates.get(organization.id, certificateId)
  assertReplaceable(certificate, certificate.environment, clock.now())
  const { description, owner, relatedService, rotationPolicy, contacts } = certificate
  const { environment, subject, keyKind } = certificate
  const terms = getEnvironment(environments, environment)
  const isLasting = terms.allowedKeys.includes(keyKind) && terms.allowedKeysUntil[keyKind] === undefined
  const limits = getCertificateLimits(organization, terms)
  const details = { description, owner, relatedService, rotationPolicy, contacts }
  const draft = {
    ...details,
    organizationId: organization.id,
    environment,
    subject,
    certifiedSubject: getSubject(organization),
    keyKind: isLasting ? keyKind : getProposedKey(terms),
    replacesId: certificate.id,
  }
  return drafts.insert(draft, limits, { actor, now: clock.now() })
}
