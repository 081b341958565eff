import { ambiguous } from '../message/assert-framing.ts'
import { discardBody } from '../message/discard-body.ts'
import type { Observation } from '../observation/observation.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Findings } from '../request-context/findings.ts'
import { ownHeaders } from '../request-context/own-headers.ts'
import { isGone, type RequestContext } from '../request-context/request-context.ts'
import { getAllowHeader } from './allowed-methods.ts'

/**
 * Answers an `OPTIONS` request that must not be forwarded, because `Max-Forwards` is 0 (RFC 9110, section
 * 7.6.2) or because it is about the server as a whole (`*`; section 9.3.7). Returns whether it did: a larger
 * `Max-Forwards` is decreased by one and forwarded. Throws `bad_request` if it is not a number or is
 * repeated.
 */
export function answerOptions(
  parts: { record(observation: Observation): void },
  context: RequestContext,
  found: Findings,
): boolean {
  if (context.method !== 'OPTIONS') return false
  const { response, environment, path } = context
  if (countDown(context) !== 0 && path !== '*') return false
  if (isGone(context)) return true
  discardBody(context)
  response.writeHead(204, {
    allow: getAllowHeader(environment, path),
    'cache-control': 'no-store',
    ...ownHeaders(context, found),
  })
  response.end()
  parts.record(observeRequest(context, found, 'call', { status: 204, code: null, explanation: null }))
  return true
}

/** Returns the value of `Max-Forwards` if it is present, and decreases it in the request. */
function countDown(context: RequestContext): number | undefined {
  const { rawHeaders } = context.request
  let found: number | undefined
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'max-forwards') continue
    const value = rawHeaders[i + 1] as string
    if (found !== undefined || !/^\d{1,9}$/.test(value))
      throw ambiguous(
        context,
        'The header Max-Forwards is no number, or comes more than once. Send one number.',
      )
    found = Number(value)
    rawHeaders[i + 1] = String(found - 1)
  }
  return found
}
