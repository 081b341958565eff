import { PosternError } from '../errors.ts'
import { authorizeCall } from './authorize-call.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import { observeExchange } from './observe.ts'
import { createOpenCall } from './open-calls.ts'

/** Sends a call to the upstream once it is authorized. */
export async function forwardCall(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<void> {
  const live = await authorizeCall(parts, environment, exchange)
  const { organizationId } = live.client
  if (exchange.certificate === undefined) parts.limiter.enter(exchange, organizationId)
  const share = parts.limiter.shareOf(organizationId, exchange.now)
  const issuer = parts.registry.findIssuer(exchange.certificate?.issuerId ?? '')
  const assertion = await parts.assertCall?.(exchange, live)
  const outcome = await parts.proxy.forward(createOpenCall(exchange, environment, live, share), {
    // Between a certificate and an issuer of somebody else there may be others.
    chain: issuer === undefined || issuer.isForeign ? [] : [issuer.der],
    assertion,
  })
  if ('code' in outcome) throw new PosternError(outcome.code, outcome.detail)
  const went = { status: outcome.status, code: null, explanation: null }
  parts.record(observeExchange(exchange, 'call', went))
}
