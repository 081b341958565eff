import type { LiveToken } from '../../shapes/live-token.ts'
import { assertAllowed, requireToken, type TokenCheckParts } from '../access/authorize-call.ts'
import { findReadiness } from '../access/find-readiness.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { BufferedBody } from '../message/buffer-body.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { ForwardOutcome } from '../upstream/forward-outcome.ts'
import { createOpenCall, type OpenCall } from '../upstream/open-calls.ts'
import type { UpstreamProxy } from '../upstream/proxy.ts'
import { answerError, type ErrorParts } from './answer-error.ts'
import type { CallLimiter } from './limit-calls.ts'

/** What a call is sent on with. */
export interface ForwardParts extends TokenCheckParts, ErrorParts {
  tokens: TokenCheckParts['tokens'] & ErrorParts['tokens']
  registry: Pick<Registry, 'findIssuer'>
  limiter: Pick<CallLimiter, 'enter' | 'shareOf'>
  proxy: Pick<UpstreamProxy, 'forward'>
  /** Signs the identity of the client for the upstream; undefined if the environment has no assertions. */
  assertCall: ((call: OpenCall, body: BufferedBody | undefined) => Promise<string> | undefined) | undefined
  /** Buffers a body before the request is forwarded; undefined if the environment signs no body digests. */
  bufferBody: ((exchange: Exchange, organizationId: string) => Promise<BufferedBody>) | undefined
}

/** What is known of a client that may go on. */
type Found = FindingsOf<ClientAccess>

/**
 * Sends a call on once its access token allows it: the token counts and is bound to the certificate (RFC 6750, 2.1;
 * RFC 8705, 3), and network and scope fit (RFC 6750, 3.1). What happens after the token is known is recorded as done by
 * its API credentials.
 */
export async function forwardCall(parts: ForwardParts, exchange: Exchange, before: Found): Promise<void> {
  const live = await requireToken(parts, exchange, before.access)
  const { access, rateLimit } = before
  let found: Found = { access, rateLimit, credentials: live.client, readiness: undefined }
  try {
    assertAllowed(parts, exchange, live)
    const readiness = findReadiness(exchange, access, live)
    if (readiness !== undefined) found = { ...found, readiness }
    // A client without a certificate has proven by its token alone of which organization it is.
    if (access.certificate === undefined)
      found = { ...found, rateLimit: parts.limiter.enter(exchange, live.client.organizationId) }
    const status = await forward(parts, exchange, found, live)
    parts.record(observeExchange(exchange, found, 'call', { status, code: null, explanation: null }))
  } catch (error) {
    answerError(parts, exchange, found, error)
  }
}

/** Gives the status of the answer. Throws why there is none. */
async function forward(
  parts: ForwardParts,
  exchange: Exchange,
  found: Found,
  live: LiveToken,
): Promise<number> {
  const { organizationId } = live.client
  const share = parts.limiter.shareOf(organizationId, exchange.now)
  const body = parts.bufferBody && (await parts.bufferBody(exchange, organizationId))
  const outcome = await sendOn(parts, createOpenCall({ exchange, found, live, share }), body)
  if ('error' in outcome) throw outcome.error
  return outcome.status
}

async function sendOn(
  { registry, proxy, assertCall }: ForwardParts,
  call: OpenCall,
  body: BufferedBody | undefined,
): Promise<ForwardOutcome> {
  const { certificate } = call.access
  const issuer = registry.findIssuer(certificate?.issuerId ?? '')
  try {
    const assertion = await assertCall?.(call, body)
    return await proxy.forward(call, {
      // There may be intermediate CAs between a certificate and an external CA.
      chain: issuer === undefined || issuer.isForeign ? [] : [issuer.der],
      assertion,
      body: body?.content,
    })
  } finally {
    body?.release()
  }
}
