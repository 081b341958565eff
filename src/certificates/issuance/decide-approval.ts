import type { Actor } from '../../shapes/actor.ts'
import type { Certificate } from '../certificate.ts'
import { toCertificateNews } from '../certificate-news.ts'
import { type IssueDependencies, issueCertificate } from './issue-certificate.ts'
import { sealDecision } from './seal-request.ts'

/**
 * Approves a request, which is then issued, or rejects it with a reason for the requester. Throws
 * `not_found`, or `certificate_wrong_state` if no decision is pending.
 */
export async function decideApproval(
  { issue, onFailure }: { issue: IssueDependencies; onFailure(what: string, error: unknown): void },
  actor: Actor,
  certificateId: string,
  decision: { approve: boolean; reason: string },
): Promise<Certificate> {
  const { issuance, letters: emails, environments, clock } = issue
  const { certificate, organization } = await issuance.get(certificateId)
  const rejection = decision.approve
    ? []
    : emails.rejected(toCertificateNews(certificate, organization.slug, environments), decision.reason)
  const { approve: approved, reason } = decision
  const now = clock.now()
  const taken = { by: actor.name, at: now, approved, reason }
  const seal = approved ? sealDecision(issue.seals, certificate, organization.slug, taken) : null
  await issuance.decide(certificateId, { ...decision, seal }, rejection, { actor, now })
  // The decision is stored with the issuing job: a failure here only delays the certificate.
  if (decision.approve)
    await issueCertificate(issue, certificateId).catch((error) => onFailure('issue-certificate', error))
  return (await issuance.get(certificateId)).certificate
}
