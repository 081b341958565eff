import type { Environment } from '../../config/config.ts'
import { checkCertificateRequest, type FindCompromisedKey } from '../../pki/request/check-request.ts'
import { release } from '../../release.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getAllowedKeys } from '../../shapes/allowed-keys.ts'
import { getCertificateLimits, type Organization } from '../../shapes/organization.ts'
import { assertTransition, type Certificate } from '../certificate.ts'
import { getEnvironment } from '../certificate-dependencies.ts'
import { graceMs } from '../certificate-jobs.ts'
import type { CertificateStore } from '../certificate-store.ts'
import { requestProofs } from '../key-checks/request-proofs.ts'
import type { SharedFactorCheck } from '../key-checks/shared-factor-check.ts'
import type { Submission } from '../take-request-store.ts'
import {
  type IssueDependencies,
  issueAtOnce,
  issueCertificate,
  prepareTbsCertificate,
} from './issue-certificate.ts'
import { sealRequest } from './seal-request.ts'

/** The checks of a key that need more than its CSR. */
export interface KeyChecks extends SharedFactorCheck {
  /** Finds keys on the operator's lists of weak keys. */
  findCompromisedKey: FindCompromisedKey
}

/** The dependencies of a submission. */
export interface SubmitDependencies {
  certificates: CertificateStore
  issue: IssueDependencies
  keys: KeyChecks
  /** Receives a failed issuance that a job retries. */
  onFailure(what: string, error: unknown): void
}

/**
 * Checks and stores the CSR of a draft and processes it as its environment says: issued immediately, by the
 * worker, or after an approval. A rejected CSR leaves the draft unchanged, and nothing of it is stored.
 * Throws the `csr_…` and `key_…` codes, `certificate_wrong_state`, and `issuer_unavailable` or
 * `profile_violation` before anything is stored.
 */
export async function submitRequest(
  dependencies: SubmitDependencies,
  actor: Actor,
  { organization, certificateId }: { organization: Organization; certificateId: string },
  csr: string,
): Promise<Certificate> {
  const { environments, clock } = dependencies.issue
  const certificate = await dependencies.certificates.get(organization.id, certificateId)
  assertTransition(certificate, 'pending', clock.now())
  const environment = getEnvironment(environments, certificate.environment)
  const submission = await prepareSubmission(dependencies, { organization, environment }, csr)
  const now = clock.now()
  const pending = await dependencies.certificates.submit(organization.id, certificateId, submission, {
    actor,
    now,
  })
  return followUp(dependencies, pending, organization)
}

/** Checks a CSR and prepares the submission for the store. Throws the codes of `submitRequest`. */
export async function prepareSubmission(
  { issue, keys, onFailure }: SubmitDependencies,
  { organization, environment }: { organization: Organization; environment: Environment },
  csr: string,
): Promise<Submission> {
  const { name, issuance, sameKeyRenewal: mayRenewKey } = environment
  const allowedKeys = getAllowedKeys(environment, issue.clock.now())
  const request = await checkCertificateRequest(csr, allowedKeys, keys.findCompromisedKey, requestProofs)
  const { der, spkiSha256, publicKey } = request
  if (publicKey.rsa) await keys.assertSharesNone(publicKey.rsa)
  const checks = [...request.checks, ...(publicKey.rsa ? ['key_shares_no_prime'] : [])]
  const gate = { checks, release }
  await issue.issuers.getSigning(name)
  const now = issue.clock.now()
  const issueFrom = { automatic: now + graceMs, asynchronous: now, approval: null }[issuance]
  const seal: Submission['seal'] = (certificate, submittedAt) =>
    sealRequest(issue.seals, certificate, organization.slug, { der, submittedAt })
  const limits = getCertificateLimits(organization, environment)
  const submission = { csr: der, spkiSha256, gate, ...limits, mayRenewKey, issueFrom, seal }
  if (issuance !== 'automatic') return submission
  const draftTbs = await prepareTbsCertificate(issue, name, organization, publicKey.spki).catch((error) => {
    // The worker drafts it: a CRL that cannot be published at this moment delays the certificate only.
    onFailure('plan-certificate', error)
    return undefined
  })
  return { ...submission, draftTbs }
}

/** Continues with a stored request in the same call, and returns the updated certificate. */
export async function followUp(
  { certificates, issue, onFailure }: SubmitDependencies,
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
    // The request is stored with the issuing job: a failure here only delays the certificate.
    onFailure('issue-certificate', error)
  }
  return certificates.get(organization.id, id)
}
