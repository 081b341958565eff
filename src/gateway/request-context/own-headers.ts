import type { Findings } from './findings.ts'
import { isHttp2, type RequestContext } from './request-context.ts'

/** The field that tells a client when its certificate ends; its value is an HTTP date (RFC 9110, section 5.6.7). */
export const expiryField = 'postern-certificate-expires'

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
    ...expiryHeader(access),
    ...(rateLimit && rateLimitHeaders(rateLimit)),
    // Tells a client of HTTP/1.1 that this is the last answer on the connection, where it is.
    ...(connection.closing && !isHttp2({ request }) && { connection: 'close' }),
  }
}

/** Tells a client when its certificate ends, if that is soon. */
export const expiryHeader = (access: Findings['access']): Record<string, string> =>
  access?.certificateExpires === undefined ? {} : { [expiryField]: access.certificateExpires }

/** The limit in the fields of an answer. */
export const rateLimitHeaders = ({ policy, left }: NonNullable<Findings['rateLimit']>) => ({
  'ratelimit-policy': policy,
  ratelimit: left,
})
