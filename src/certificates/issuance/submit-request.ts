import type { Environment } from '../../config/config.ts'
import { checkCertificateRequest, type FindListedKey } from '../../pki/request/check-request.ts'
import { release } from '../../release.ts'
import type { Actor } from '../../shapes/actor.ts'
import type { Organization } from '../../shapes/organization.ts'
import { assertMove, type Certificate } from '../certificate.ts'
import { graceMilliseconds } from '../certificate-jobs.ts'
import { getEnvironment } from '../certificate-parts.ts'
import type { CertificateStore, Submission } from '../certificate-store.ts'
import { requestProofs } from '../key-checks/request-proofs.ts'
import type { SharedFactorCheck } from '../key-checks/shared-factor-check.ts'
import { type IssueParts, issueAtOnce, issueCertificate, prepareTbsCertificate } from './issue-certificate.ts'
import { sealRequest } from './seal-request.ts'

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
 * `csr_…` and `key_…` codes, `certificate_wrong_state`, and `issuer_unavailable` or `profile_violation` before
 * anything is stored.
 */
export async function submitRequest(
  parts: SubmitParts,
  actor: Actor,
  { organization, certificateId }: { organization: Organization; certificateId: string },
  csr: string,
): Promise<Certificate> {
  const { environments, clock } = parts.issue
  const certificate = await parts.certificates.get(organization.id, certificateId)
  assertMove(certificate, 'pending', clock.now())
  const environment = getEnvironment(environments, certificate.environment)
  const submission = await prepareSubmission(parts, { organization, environment }, csr)
  const now = clock.now()
  const pending = await parts.certificates.submit(organization.id, certificateId, submission, { actor, now })
  return followUp(parts, pending, organization)
}

/** Checks a CSR and makes what the store takes of it. Throws as `submitRequest` does. */
export async function prepareSubmission(
  { issue, keys, onFailure }: SubmitParts,
  { organization, environment }: { organization: Organization; environment: Environment },
  csr: string,
): Promise<Submission> {
  const { name, issuance, allowedKeys, certificatesPerHour, sameKeyRenewal: mayRenewKey } = environment
  const request = await checkCertificateRequest(csr, allowedKeys, keys.findListedKey, requestProofs)
  const { der, spkiSha256, publicKey } = request
  if (publicKey.rsa) await keys.assertSharesNone(publicKey.rsa)
  const checks = [...request.checks, ...(publicKey.rsa ? ['key_shares_no_prime'] : [])]
  const gate = { checks, release }
  await issue.issuers.getSigning(name)
  const now = issue.clock.now()
  const issueFrom = { automatic: now + graceMilliseconds, asynchronous: now, approval: null }[issuance]
  const seal: Submission['seal'] = (certificate, submittedAt) =>
    sealRequest(issue.seals, certificate, organization.slug, { der, submittedAt })
  const submission = { csr: der, spkiSha256, gate, certificatesPerHour, mayRenewKey, issueFrom, seal }
  if (issuance !== 'automatic') return submission
  const draftTbs = await prepareTbsCertificate(issue, name, organization, publicKey.spki).catch((error) => {
    // The worker drafts it: a CRL that cannot be published at this moment delays the certificate only.
    onFailure('plan-certificate', error)
    return undefined
  })
  return { ...submission, draftTbs }
}

/** What is done at once about a request that has been taken: the certificate as it stands then. */
export async function followUp(
  { certificates, issue, onFailure }: SubmitParts,
  pending: Certificate,
  organization: Organization,
): Promise<Certificate> {
  const { issuance } = getEnvironment(issue.environments, pending.environment)
  if (issuance !== 'automatic') return pending
  const { id, toBeSigned } = pending
  try {
    if (toBeSigned !== null) return await issueAtOnce(issue, { ...pending, toBeSigned }, organization)
    await issueCertificate(issue, id)
  } catch (error) {
    // The request is stored with the job that issues it: a failure here delays the certificate and loses nothing.
    onFailure('issue-certificate', error)
  }
  return certificates.get(organization.id, id)
}
