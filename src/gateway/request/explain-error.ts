import { type DenialCode, isDenialCode } from '../../contract/denial-codes.ts'
import { describeForLibraries } from '../../contract/error-description.ts'
import { PosternError } from '../../errors.ts'
import { TokenScopeError } from '../access/token-scope-error.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { RequestError } from '../request-context/request-error.ts'

/** The error response for a thrown value. */
export interface ExplainedError {
  code: DenialCode
  explanation: string
  headers: Record<string, string>
}

/** Describes Postern's own errors with their challenge; all others are opaque. */
export function explainError(error: unknown, { traceId }: Pick<RequestContext, 'traceId'>): ExplainedError {
  if (!(error instanceof PosternError && isDenialCode(error.code))) {
    const explanation = `The gateway failed to answer. Tell the operator the trace ID ${traceId}.`
    return { code: 'internal_error', explanation, headers: {} }
  }
  const challenge = challengeOf(error, traceId)
  const headers = {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(passing.has(error.code) && { 'retry-after': '1' }),
    ...(error.retryAfterSeconds !== undefined && { 'retry-after': String(error.retryAfterSeconds) }),
    ...(error instanceof RequestError && error.headers),
    ...(error.code === 'websocket_version_unsupported' && webSocketHeaders),
  }
  return { code: error.code, explanation: error.message, headers }
}

/**
 * What a client must do instead (RFC 9110, section 15.5.22; RFC 6455, section 4.4), on a connection that
 * ends.
 */
const webSocketHeaders = {
  'sec-websocket-version': '13',
  upgrade: 'websocket',
  connection: 'upgrade, close',
}

/** The limits that can end within a second, in which one more request is earned at any configurable rate. */
const passing: ReadonlySet<DenialCode> = new Set([
  'organization_concurrency_limited',
  'certificate_concurrency_limited',
  'organization_rate_limited',
  'upstream_busy',
  'too_many_requests',
])

/** RFC 6750, sections 3 and 3.1: without a token there is no error code. */
function challengeOf(error: PosternError, traceId: string): string | undefined {
  const { code, message } = error
  if (code === 'token_missing') return 'Bearer realm="postern"'
  const description = describeForLibraries(message, { code, traceId })
  if (error instanceof TokenScopeError)
    return `Bearer realm="postern", error="insufficient_scope", error_description="${description}", scope="${error.requiredScope}"`
  const name = code === 'authorization_malformed' ? 'invalid_request' : 'invalid_token'
  return code.startsWith('token_') || code === 'authorization_malformed'
    ? `Bearer realm="postern", error="${name}", error_description="${description}"`
    : undefined
}
