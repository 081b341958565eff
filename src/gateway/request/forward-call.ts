import type { ActiveToken } from '../../shapes/active-token.ts'
import { inSpan, type Span } from '../../tracing/span.ts'
import { assertAllowed, requireToken, type TokenCheckDependencies } from '../access/authorize-call.ts'
import { findReadiness } from '../access/find-readiness.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { BufferedBody } from '../message/buffer-body.ts'
import type { CallTimes } from '../observation/call-times.ts'
import { observeRequest } from '../observation/observe.ts'
import { toSpanMethod } from '../observation/trace-request.ts'
import type { Registry } from '../registry/registry.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import type { ForwardOutcome } from '../upstream/forward-outcome.ts'
import { createOpenCall, type OpenCall } from '../upstream/open-calls.ts'
import type { UpstreamProxy } from '../upstream/proxy.ts'
import { answerError, type ErrorDependencies } from './answer-error.ts'
import type { CallLimiter } from './limit-calls.ts'

/** What a call is sent on with. */
export interface ForwardDependencies extends TokenCheckDependencies, ErrorDependencies {
  tokens: TokenCheckDependencies['tokens'] & ErrorDependencies['tokens']
  registry: Pick<Registry, 'findIssuer'>
  limiter: Pick<CallLimiter, 'enter' | 'shareOf'>
  proxy: Pick<UpstreamProxy, 'forward'>
  /** Undefined if nobody asks how long calls take. */
  times: CallTimes | undefined
  /** Signs the identity of the client for the upstream; undefined if the environment has no assertions. */
  assertCall: ((call: OpenCall, body: BufferedBody | undefined) => Promise<string> | undefined) | undefined
  /** Buffers a body before the request is forwarded; undefined if the environment signs no body digests. */
  bufferBody: ((context: RequestContext, organizationId: string) => Promise<BufferedBody>) | undefined
}

/** What is known of a client that may go on. */
type Found = FindingsOf<ClientAccess>

/**
 * Sends a call on once its access token allows it: the token counts and is bound to the certificate (RFC 6750, 2.1;
 * RFC 8705, 3), and network and scope fit (RFC 6750, 3.1). What happens after the token is known is recorded as done by
 * its API credentials.
 */
export async function forwardCall(
  dependencies: ForwardDependencies,
  context: RequestContext,
  before: Found,
): Promise<void> {
  const live = await inSpan(context.span, 'postern.token.verify', () =>
    requireToken(dependencies, context, before.access),
  )
  const { access, rateLimit } = before
  let found: Found = { access, rateLimit, credentials: live.client, readiness: undefined }
  try {
    assertAllowed(dependencies, context, live)
    const readiness = findReadiness(context, access, live)
    if (readiness !== undefined) found = { ...found, readiness }
    // A client without a certificate has proven by its token alone of which organization it is.
    if (access.certificate === undefined)
      found = { ...found, rateLimit: dependencies.limiter.enter(context, live.client.organizationId) }
    const status = await forward(dependencies, context, found, live)
    dependencies.record(observeRequest(context, found, 'call', { status, code: null, explanation: null }))
  } catch (error) {
    answerError(dependencies, context, found, error)
  }
}

/** Gives the status of the answer. Throws why there is none. */
async function forward(
  dependencies: ForwardDependencies,
  context: RequestContext,
  found: Found,
  live: ActiveToken,
): Promise<number> {
  const { organizationId } = live.client
  const share = dependencies.limiter.shareOf(organizationId, context.now)
  const body = dependencies.bufferBody && (await dependencies.bufferBody(context, organizationId))
  const begun = performance.now()
  const call = createOpenCall({ context, found, live, share })
  const outcome = await inSpan(
    context.span,
    toSpanMethod(context.method),
    (span) => sendOn(dependencies, call, { body, span }),
    'client',
  )
  const answered = 'error' in outcome ? undefined : outcome.status
  dependencies.times?.forwarded(context.environment.name, answered, (performance.now() - begun) / 1000)
  if ('error' in outcome) throw outcome.error
  return outcome.status
}

async function sendOn(
  { registry, proxy, assertCall }: ForwardDependencies,
  call: OpenCall,
  { body, span }: { body: BufferedBody | undefined; span: Span | undefined },
): Promise<ForwardOutcome> {
  const { certificate } = call.access
  const issuer = registry.findIssuer(certificate?.issuerId ?? '')
  try {
    const assertion = await assertCall?.(call, body)
    const outcome = await proxy.forward(call, {
      // There may be intermediate CAs between a certificate and an external CA.
      chain: issuer === undefined || issuer.isExternal ? [] : [issuer.der],
      assertion,
      body: body?.content,
      traceparent: span?.traceparent,
    })
    span?.set({ 'http.request.method': toSpanMethod(call.context.method) })
    if ('error' in outcome) span?.end(outcome.error.code)
    else span?.set({ 'http.response.status_code': outcome.status })
    return outcome
  } finally {
    body?.release()
  }
}
