import type { Actor } from '../audit/record-audit.ts'
import { checkCertificateRequest, type FindListedKey } from '../pki/check-request.ts'
import { assertMove, type Certificate } from './certificate.ts'
import { graceMilliseconds } from './certificate-jobs.ts'
import { getEnvironment } from './certificate-parts.ts'
import type { CertificateStore } from './certificate-store.ts'
import { type IssueParts, issueCertificate } from './issue-certificate.ts'
import type { SharedFactorCheck } from './shared-factor-check.ts'

/** What is asked of a key beyond what its request shows. */
export interface KeyChecks extends SharedFactorCheck {
  /** Knows the keys on the operator's lists of weak ones. */
  findListedKey: FindListedKey
}

/** What a request is submitted with. */
export interface SubmitParts {
  certificates: CertificateStore
  issue: IssueParts
  keys: KeyChecks
  /** Told of an issuance that has to be tried again. */
  onFailure(what: string, error: unknown): void
}

/**
 * Checks the CSR of a draft, keeps it, and lets it go its environment's way: issued at once, by the worker,
 * or after a decision. A refused CSR leaves the draft as it was, and nothing of it is kept. Throws the
 * `csr_…` and `key_…` codes, `certificate_wrong_state`, and `issuer_unavailable` before anything is stored.
 */
export async function submitRequest(
  { certificates, issue, keys, onFailure }: SubmitParts,
  actor: Actor,
  { organizationId, certificateId }: { organizationId: string; certificateId: string },
  csr: string,
): Promise<Certificate> {
  const { clock, environments, issuers } = issue
  const certificate = await certificates.get(organizationId, certificateId)
  assertMove(certificate, 'pending', clock.now())
  const { name, issuance, allowedKeys } = getEnvironment(environments, certificate.environment)
  const { der, spkiSha256, publicKey } = await checkCertificateRequest(csr, allowedKeys, keys.findListedKey)
  if (publicKey.rsa) await keys.assertSharesNone(publicKey.rsa)
  await issuers.getSigning(name)
  const now = clock.now()
  const issueFrom = { automatic: now + graceMilliseconds, asynchronous: now, approval: null }[issuance]
  const submission = { csr: der, spkiSha256, issueFrom }
  const pending = await certificates.submit(organizationId, certificateId, submission, actor, now)
  if (issuance !== 'automatic') return pending
  // The request is stored with the job that issues it: a failure here delays the certificate and loses nothing.
  await issueCertificate(issue, certificateId).catch((error) => onFailure('issue-certificate', error))
  return certificates.get(organizationId, certificateId)
}
