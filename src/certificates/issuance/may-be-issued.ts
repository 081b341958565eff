import { PosternError } from '../../errors.ts'
import type { RecordSeals } from '../../shapes/record-seals.ts'
import type { Certificate } from '../certificate.ts'
import { type Environments, getEnvironment } from '../certificate-dependencies.ts'
import type { OwnedCertificate } from '../issuance-store.ts'
import { isApprovalIntact, isRequestIntact } from './seal-request.ts'

/**
 * Returns whether a certificate may be issued now. Throws `record_not_authentic` if the store says so but
 * Postern did not write the record: a request that was never checked, or an approval that no operator has
 * given.
 */
export function mayBeIssued(
  { seals, environments }: { seals: RecordSeals; environments: Environments },
  { certificate, organization }: OwnedCertificate,
): boolean {
  if (certificate.status !== 'pending' || certificate.request === null) return false
  // The signer asks for the seal of the TBSCertificate itself.
  if (certificate.toBeSigned !== null) return true
  const { issuance } = getEnvironment(environments, certificate.environment)
  const waits = issuance === 'approval' && certificate.decision?.approved !== true
  if (waits) return false
  if (isApprovalIntact(seals, certificate, organization.slug)) return true
  if (issuance !== 'approval' && isRequestIntact(seals, certificate, organization.slug)) return true
  throw notAuthentic(certificate)
}

/** Throws `record_not_authentic` unless an operator has approved the certificate in its present state. */
export function assertApproved(seals: RecordSeals, { certificate, organization }: OwnedCertificate): void {
  if (!isApprovalIntact(seals, certificate, organization.slug)) throw notAuthentic(certificate)
}

const notAuthentic = ({ id }: Certificate) =>
  new PosternError(
    'record_not_authentic',
    'The store holds a request or an approval that Postern did not write, or that was changed afterwards. Nothing was signed. Look who can write to the store, and compare the audit log with its checkpoints.',
    { detail: id },
  )
