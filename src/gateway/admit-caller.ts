import { describeStatus } from './certificate-status.ts'
import type { Exchange } from './exchange.ts'
import { findNamedClient } from './find-named-client.ts'
import { findPlan } from './find-plan.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { judgeCertificate } from './judge-certificate.ts'
import type { Refusal } from './refusal.ts'
import type { Verdict } from './verdict.ts'

type Parts = Pick<GatewayParts, 'registry' | 'catchUp' | 'isStale' | 'tokens'>

/**
 * Decides whether the caller of an exchange may go on, and notes in it who they are: with a certificate that
 * counts, or without one as long as it is not required of their organization. Gives why they may not.
 */
export async function admitCaller(
  parts: Parts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<Refusal | undefined> {
  const verdict = await judgeWithStore(parts, environment, exchange)
  if (environment.certificateStatusHeader) exchange.certificateStatus = describeStatus(verdict, exchange.now)
  if (!verdict.ok) return judgeWithout(parts, environment, exchange, verdict)
  exchange.certificate = verdict.certificate
  exchange.plan = findPlan(parts.registry, environment, verdict.certificate.organizationId)
  return undefined
}

/**
 * The verdict on the certificate of an exchange, with what the store has by now: a certificate of our own
 * authority that is not known yet may have been issued a moment ago. Where the store has been away for too
 * long nobody can vouch for a certificate any more, since it may have been revoked meanwhile.
 */
async function judgeWithStore(
  { registry, catchUp, isStale }: Parts,
  environment: GatewayEnvironment,
  { connection, now }: Exchange,
): Promise<Verdict> {
  const verdict = judgeCertificate(registry, environment, connection, now)
  if (verdict.ok && isStale())
    return { ok: false, code: 'certificate_state_unknown', owner: verdict.certificate }
  if (verdict.ok || verdict.code !== 'certificate_not_registered') return verdict
  await catchUp()
  return judgeCertificate(registry, environment, connection, now)
}

/**
 * Whose caller it is without a certificate that counts: the certificate says it where its key is known, else
 * the credentials that the request names. That is a claim: whatever the caller gets after this they get for an
 * access token or a secret of that same organization.
 */
async function judgeWithout(
  parts: Parts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  refusal: Refusal,
): Promise<Refusal | undefined> {
  const { owner } = refusal
  const client = owner === undefined ? await findNamedClient(parts, environment, exchange) : undefined
  exchange.clientId = client?.clientId ?? null
  exchange.credentialId = client?.credentialId ?? null
  exchange.organizationId = client?.organizationId ?? null
  const organizationId = owner?.organizationId ?? client?.organizationId
  if (organizationId === undefined) return refusal
  const plan = findPlan(parts.registry, environment, organizationId)
  if (plan.mode === 'enforce') return refusal
  if (parts.isStale()) return { ok: false, code: 'certificate_state_unknown', owner }
  exchange.organizationId = organizationId
  exchange.plan = plan
  exchange.tolerated = refusal
  return undefined
}
