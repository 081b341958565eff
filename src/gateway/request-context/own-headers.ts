import type { Findings } from './findings.ts'
import { isHttp2, type RequestContext } from './request-context.ts'

/** Returns the headers of the gateway in every response, also in denials and in responses of the upstream. */
export function ownHeaders(
  { traceId, interactionId, request, connection }: RequestContext,
  { access, rateLimit }: Pick<Findings, 'access' | 'rateLimit'>,
): Record<string, string> {
  const certificateStatus = access?.certificateStatus
  return {
    'postern-trace-id': traceId,
    ...(interactionId && { 'x-fapi-interaction-id': interactionId }),
    ...(certificateStatus && { 'postern-certificate-status': certificateStatus }),
    ...(rateLimit && rateLimitHeaders(rateLimit)),
    // Tells a client of HTTP/1.1 that this is the last answer on the connection, where it is.
    ...(connection.closing && !isHttp2({ request }) && { connection: 'close' }),
  }
}

/** The limit in the fields of an answer. */
export const rateLimitHeaders = ({ policy, left }: NonNullable<Findings['rateLimit']>) => ({
  'ratelimit-policy': policy,
  ratelimit: left,
})
