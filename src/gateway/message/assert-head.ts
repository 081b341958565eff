import { PosternError } from '../../errors.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { ambiguous, assertFraming } from './assert-framing.ts'

/** The maximum size of a request head in HTTP/1.1 notation, in octets; its parser reads twice as many. */
export const maxHeadOctets = 16_384
/** From this length on, the target is what makes a head too large (RFC 9112, section 3). */
export const longTargetOctets = 8000

/** The error for a request target with characters outside ASCII, wherever it is detected. */
export const encodeTarget =
  'The address has characters that no address has: letters outside of ASCII, spaces or control characters. Percent-encode them as UTF-8, such as %20 for a space.'

/**
 * Checks the head of a request by RFC 9110 and 9112, the same for every version of HTTP. Throws
 * `target_too_long`, `headers_too_large`, `expectation_failed`, `transfer_coding_unknown`, and `bad_request`
 * if `Host` is missing or repeated, the target is not ASCII, or the end of the body is ambiguous.
 */
export function assertHead(context: RequestContext): void {
  const { request } = context
  const { url = '/', headers } = request
  assertHeaders(context, url)
  // RFC 9112, section 3.2: a request target has no other characters, and programs interpret them differently.
  if (notAscii.test(url)) throw new PosternError('bad_request', encodeTarget)
  if (url.charCodeAt(0) !== slash && url !== '*' && context.method !== 'CONNECT')
    throw new PosternError(
      'bad_request',
      'The target of the request is neither a path nor a complete address of this gateway with https. Send the path, as HTTP libraries do.',
    )
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue')
    throw new PosternError(
      'expectation_failed',
      'The header Expect asks for something else than 100-continue, which is all that this gateway can do. Leave the header out.',
    )
  assertFraming(context)
}

const notAscii = /[^\x21-\x7e]/
const slash = 0x2f

function assertHeaders(context: RequestContext, { length }: string): void {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = context.request
  // Over HTTP/2 the target is one of the fields.
  let octets = httpVersionMajor === 1 ? length : 0
  let hosts = 0
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    octets += name.length + (rawHeaders[i + 1] as string).length + separatorOctets
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (octets > maxHeadOctets) throw tooLarge(context, length)
  if (hosts > 1)
    throw ambiguous(context, 'The header Host comes more than once. Send it once (RFC 9112, 3.2).')
  if (hosts === 0 && httpVersionMajor === 1 && httpVersionMinor > 0)
    throw ambiguous(context, 'The header Host is missing. Send it: HTTP/1.1 asks for it (RFC 9112, 3.2).')
}

/** The colon, the space and the line end. */
const separatorOctets = 4

function tooLarge({ connection }: RequestContext, targetOctets: number): PosternError {
  connection.closing = true
  return targetOctets > longTargetOctets
    ? new PosternError('target_too_long', targetTooLong)
    : new PosternError('headers_too_large', headersTooLarge)
}

export const targetTooLong =
  'The address of the request is too long: with the headers it has at most 16 KiB. Send what is long in the body of a POST.'
export const headersTooLarge = 'The headers of the request are too large. Send at most 16 KiB of them.'
