import { hopByHop } from '../../shapes/identity-headers.ts'
import { type Fields, readNominated, trimValue } from '../message/read-fields.ts'
import type { Findings } from '../request-context/findings.ts'
import { expiryField, ownHeaders } from '../request-context/own-headers.ts'
import { isHttp2, type RequestContext } from '../request-context/request-context.ts'
import { createAnswerTrailerName, toAnnounced } from './trailer-fields.ts'

/** Response headers that belong to the connection (RFC 9110, sections 7.6.1 and 11.7.3) or are set below. */
const heldBack: ReadonlySet<string> = new Set([
  ...hopByHop,
  'proxy-authentication-info',
  'content-length',
  'via',
  // The gateway alone knows of the certificate, and says nothing of one that is replaced.
  expiryField,
])

/** The gateway in `Via` (RFC 9110, section 7.6.3): it uses HTTP/1.1 with its upstream. */
const via = '1.1 postern'

/** Returns the headers of a response for the client: the upstream's, then the gateway's. */
export function toClientHeaders(
  { context, found }: { context: RequestContext; found: Pick<Findings, 'access' | 'rateLimit'> },
  status: number,
  headers: Fields,
): Record<string, string | string[]> {
  const nominated = readNominated(headers.connection)
  const sent: Record<string, string | string[]> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !heldBack.has(name) && !nominated?.has(name)) sent[name] = trimValue(value)
  }
  const before = nominated?.has('via') ? undefined : headers.via
  sent.via = before === undefined ? via : `${[before].flat().join(', ')}, ${via}`
  const trailer = headers.trailer && findAnnounced(context, status, headers)
  if (trailer) sent.trailer = trailer
  // After it Node writes a Content-Disposition in octets that it then rejects.
  const length = findLength(status, headers)
  if (length !== undefined && !nominated?.has('content-length')) sent['content-length'] = length
  Object.assign(sent, ownHeaders(context, found))
  if (found.rateLimit !== undefined) joinRateLimits(sent, headers)
  return sent
}

/** RFC 9110, section 8.6: none with 1xx and 204; section 15.3.6: no content with 205. */
function findLength(status: number, headers: Fields): string | string[] | undefined {
  if (status === 205) return '0'
  return status < 200 || status === 204 ? undefined : headers['content-length']
}

/**
 * Returns the trailers to announce to a client that can receive them: in a chunked body or an HTTP/2 stream.
 */
function findAnnounced(context: RequestContext, status: number, headers: Fields): string | undefined {
  if (headers['content-length'] !== undefined || context.method === 'HEAD') return undefined
  if (hasNoBody(status) || (!isHttp2(context) && context.request.httpVersionMinor === 0)) return undefined
  const toName = createAnswerTrailerName(headers.connection)
  // `Trailer` itself may be nominated: no trailer has that name.
  return readNominated(headers.connection)?.has('trailer') ? undefined : toAnnounced(headers.trailer, toName)
}

/**
 * Returns whether a response ends with its head, whatever the request was (RFC 9110, sections 6.4.1 and
 * 15.3.6).
 */
export const hasNoBody = (status: number): boolean =>
  status < 200 || status === 204 || status === 205 || status === 304

/** Joins both lists: the limits of the upstream follow those of the gateway. */
function joinRateLimits(sent: Record<string, string | string[]>, headers: Fields): void {
  for (const name of ['ratelimit-policy', 'ratelimit'])
    if (headers[name] !== undefined) sent[name] = `${sent[name]}, ${[headers[name]].flat().join(', ')}`
}
