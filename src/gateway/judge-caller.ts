import type { Exchange } from './exchange.ts'
import { findNamedClient } from './find-named-client.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { decideVerdict, type Verdict } from './verdict.ts'

/**
 * The verdict on the certificate of an exchange, with what the store has by now: a certificate of our own
 * authority that is not known yet may have been issued a moment ago. Where the store has been away for too
 * long nobody can vouch for a certificate any more, since it may have been revoked meanwhile. Of a refused
 * exchange it notes whose credentials the request names, where nothing better says whose caller it is.
 */
export async function judgeCaller(
  parts: Pick<GatewayParts, 'registry' | 'catchUp' | 'isStale'>,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<Verdict> {
  const verdict = await ask(parts, environment, exchange)
  if (!verdict.ok && verdict.owner === undefined) noteNamedClient(parts, environment, exchange)
  return verdict
}

async function ask(
  { registry, catchUp, isStale }: Pick<GatewayParts, 'registry' | 'catchUp' | 'isStale'>,
  environment: GatewayEnvironment,
  { connection, now }: Exchange,
): Promise<Verdict> {
  const decide = () => decideVerdict(connection.presented, environment, registry, now)
  const verdict = decide()
  if (verdict.ok && isStale())
    return { ok: false, code: 'certificate_state_unknown', owner: verdict.certificate }
  if (verdict.ok || verdict.code !== 'certificate_not_registered') return verdict
  await catchUp()
  return decide()
}

function noteNamedClient(
  { registry }: Pick<GatewayParts, 'registry'>,
  { name }: GatewayEnvironment,
  exchange: Exchange,
): void {
  const client = findNamedClient(registry, name, exchange)
  exchange.clientId = client?.clientId ?? null
  exchange.credentialId = client?.credentialId ?? null
  exchange.organizationId = client?.organizationId ?? null
}
