import { authorizeCall } from './authorize-call.ts'
import type { BufferedBody } from './buffer-body.ts'
import type { Exchange } from './exchange.ts'
import type { ForwardOutcome } from './forward-outcome.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import { observeExchange } from './observe.ts'
import { createOpenCall, type OpenCall } from './open-calls.ts'

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
  const body = parts.bufferBody && (await parts.bufferBody(exchange, organizationId))
  const outcome = await forward(parts, createOpenCall(exchange, environment, live, share), body)
  if ('error' in outcome) throw outcome.error
  const went = { status: outcome.status, code: null, explanation: null }
  parts.record(observeExchange(exchange, 'call', went))
}

async function forward(
  { registry, proxy, assertCall }: Pick<ListenerParts, 'registry' | 'proxy' | 'assertCall'>,
  call: OpenCall,
  body: BufferedBody | undefined,
): Promise<ForwardOutcome> {
  const { exchange, live } = call
  const issuer = registry.findIssuer(exchange.certificate?.issuerId ?? '')
  try {
    const assertion = await assertCall?.(exchange, live, body)
    return await proxy.forward(call, {
      // Between a certificate and an issuer of somebody else there may be others.
      chain: issuer === undefined || issuer.isForeign ? [] : [issuer.der],
      assertion,
      body: body?.content,
    })
  } finally {
    body?.release()
  }
}
