import type { AccessDecision, ClientAccess, DeniedAccess } from '../decision/access-decision.ts'
import { findExpiryDate } from '../decision/certificate-expiry.ts'
import { describeStatus } from '../decision/certificate-status.ts'
import type { CertificateDecision } from '../decision/check-certificate.ts'
import { checkPresentedCertificate } from '../decision/check-presented-certificate.ts'
import type { Denial } from '../decision/denial.ts'
import { findPolicy } from '../registry/find-policy.ts'
import { findStop } from '../registry/organization-status.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { type ClaimedClientDependencies, findClaimedClient } from './find-claimed-client.ts'

/** The dependencies of the decision. */
export interface AccessDependencies extends ClaimedClientDependencies {
  registry: Registry
  /** Whether the registry is older than `staleSeconds` allows. */
  isStale(): boolean
  /** Whether the process slept, and may not know what happened meanwhile. */
  wasAsleep(): boolean
}

/**
 * Decides whether the client of a request has access: with an accepted certificate (RFC 8705, section 3), or
 * without one while its organization needs none.
 */
export async function decideAccess(
  dependencies: AccessDependencies,
  context: RequestContext,
): Promise<AccessDecision> {
  const { environment, now } = context
  const decision = await checkWithStore(dependencies, context)
  const certificateStatus = environment.certificateStatusHeader ? describeStatus(decision, now) : undefined
  const told = {
    certificateStatus,
    certificateExpires: findExpiryDate(dependencies.registry, context.connection.presented, now),
  }
  if (!decision.ok) return decideWithout(dependencies, context, decision, told)
  context.connection.wasValid = true
  const { certificate } = decision
  const { organizationId } = certificate
  const policy = findPolicy(dependencies.registry, environment, organizationId)
  const none = { unenforcedDenial: undefined, claimedClient: undefined }
  return { ok: true, organizationId, policy, certificate, ...told, ...none }
}

/**
 * Returns the certificate decision for a request, with the latest state of the store: an unknown certificate
 * of Postern's own CA may have just been issued, and while the process slept anything may have been revoked. If the store was unavailable for too long, no certificate is
 * accepted, because it may have been revoked meanwhile.
 */
async function checkWithStore(
  { registry, catchUp, isStale, wasAsleep }: AccessDependencies,
  { environment, connection, now }: RequestContext,
): Promise<CertificateDecision> {
  if (wasAsleep()) await catchUp()
  const decision = checkPresentedCertificate(registry, environment, connection, now)
  if (decision.ok && isStale())
    return { ok: false, code: 'certificate_state_unknown', owner: decision.certificate }
  if (decision.ok || decision.code !== 'certificate_not_registered') return decision
  await catchUp()
  return checkPresentedCertificate(registry, environment, connection, now)
}

/**
 * Finds the organization of a client without an accepted certificate: from its certificate if the key is known,
 * otherwise from the credentials that the request names. Those are a claim: access still requires an access
 * token or a secret of the same organization.
 */
async function decideWithout(
  dependencies: AccessDependencies,
  context: RequestContext,
  denial: Denial,
  told: Pick<AccessDecision, 'certificateStatus' | 'certificateExpires'>,
): Promise<ClientAccess | DeniedAccess> {
  const { owner } = denial
  const claimedClient = owner === undefined ? await findClaimedClient(dependencies, context) : undefined
  const deny = (reason: Denial): DeniedAccess => ({
    ok: false,
    denial: reason,
    claimedClient,
    ...told,
  })
  const organizationId = owner?.organizationId ?? claimedClient?.organizationId
  if (organizationId === undefined) return deny(denial)
  const code = findStop(dependencies.registry, organizationId)
  const stop: Denial | undefined = code && { ok: false, code, owner }
  if (stop !== undefined && owner !== undefined) return deny(stop)
  const policy = findPolicy(dependencies.registry, context.environment, organizationId)
  if (policy.mode === 'enforce') return deny(denial)
  if (stop !== undefined) return deny(stop)
  if (dependencies.isStale()) return deny({ ok: false, code: 'certificate_state_unknown', owner })
  const certificate = undefined
  return {
    ok: true,
    organizationId,
    policy,
    ...told,
    certificate,
    unenforcedDenial: denial,
    claimedClient,
  }
}
