import type { AccessDecision, ClientAccess, DeniedAccess } from '../decision/access-decision.ts'
import { describeStatus } from '../decision/certificate-status.ts'
import { judgeCertificate } from '../decision/judge-certificate.ts'
import type { Refusal } from '../decision/refusal.ts'
import type { Verdict } from '../decision/verdict.ts'
import { findPlan } from '../registry/find-plan.ts'
import type { Registry } from '../registry/registry.ts'
import type { Exchange } from '../request-context/exchange.ts'
import { findNamedClient, type NamedClientParts } from './find-named-client.ts'

/** What the decision on a client asks. */
export interface AccessParts extends NamedClientParts {
  registry: Registry
  /** Whether the store has been away for longer than what is known here may be trusted. */
  isStale(): boolean
}

/**
 * Decides whether the client of an exchange may go on: with an accepted certificate (RFC 8705, 3), or without one as
 * long as its organization needs none.
 */
export async function decideAccess(parts: AccessParts, exchange: Exchange): Promise<AccessDecision> {
  const { environment, now } = exchange
  const verdict = await judgeWithStore(parts, exchange)
  const certificateStatus = environment.certificateStatusHeader ? describeStatus(verdict, now) : undefined
  if (!verdict.ok) return decideWithout(parts, exchange, verdict, certificateStatus)
  const { certificate } = verdict
  const { organizationId } = certificate
  const plan = findPlan(parts.registry, environment, organizationId)
  const none = { unenforcedDenial: undefined, claimedClient: undefined }
  return { ok: true, organizationId, plan, certificateStatus, certificate, ...none }
}

/**
 * Returns the certificate decision for a request, with the latest state of the store: an unknown certificate
 * of Postern's own CA may have just been issued. If the store was unavailable for too long, no certificate is
 * accepted, because it may have been revoked meanwhile.
 */
async function judgeWithStore(
  { registry, catchUp, isStale }: AccessParts,
  { environment, connection, now }: Exchange,
): Promise<Verdict> {
  const verdict = judgeCertificate(registry, environment, connection, now)
  if (verdict.ok && isStale())
    return { ok: false, code: 'certificate_state_unknown', owner: verdict.certificate }
  if (verdict.ok || verdict.code !== 'certificate_not_registered') return verdict
  await catchUp()
  return judgeCertificate(registry, environment, connection, now)
}

/**
 * Whose client it is without an accepted certificate: the certificate says it where its key is known, else
 * the credentials that the request names. That is a claim: what the client gets after this it gets for an
 * access token or a secret of that same organization.
 */
async function decideWithout(
  parts: AccessParts,
  exchange: Exchange,
  denial: Refusal,
  certificateStatus: string | undefined,
): Promise<ClientAccess | DeniedAccess> {
  const { owner } = denial
  const claimedClient = owner === undefined ? await findNamedClient(parts, exchange) : undefined
  const deny = (reason: Refusal): DeniedAccess => ({
    ok: false,
    denial: reason,
    claimedClient,
    certificateStatus,
  })
  const organizationId = owner?.organizationId ?? claimedClient?.organizationId
  if (organizationId === undefined) return deny(denial)
  const plan = findPlan(parts.registry, exchange.environment, organizationId)
  if (plan.mode === 'enforce') return deny(denial)
  if (parts.isStale()) return deny({ ok: false, code: 'certificate_state_unknown', owner })
  const certificate = undefined
  return {
    ok: true,
    organizationId,
    plan,
    certificateStatus,
    certificate,
    unenforcedDenial: denial,
    claimedClient,
  }
}
