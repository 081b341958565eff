import type { ErrorCode } from '../contract/error-codes.ts'

/** How a call went at the upstream: its status, or why there is none. */
export type ForwardOutcome = { status: number } | { code: ErrorCode; detail: string }

const timeouts = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

/** Of a client that went before it had an answer: nobody hears the words, they are for the portal. */
export const clientGone: ForwardOutcome = {
  code: 'client_gone',
  detail:
    'The client broke the connection off before the call was answered. The call may have had its effect.',
}

/** Of a call that found no free connection in time: it was not sent. */
export const upstreamBusy: ForwardOutcome = {
  code: 'upstream_busy',
  detail:
    'All connections to the service behind the gateway that this organization may have are in use. The call was not sent: wait as long as Retry-After says, and send it again.',
}

/** Why there is no answer, in words for the caller: nothing of how the upstream is reached. */
export function explainFailure({ code }: { code?: string }): ForwardOutcome {
  if (timeouts.has(code ?? ''))
    return {
      code: 'upstream_timeout',
      detail:
        'The service behind the gateway did not answer in time. The call may have had its effect: check before you repeat it.',
    }
  if (code === 'UND_ERR_INVALID_ARG')
    return {
      code: 'bad_request',
      detail: 'The address or a header of the request has characters that cannot be sent on. Leave them out.',
    }
  return {
    code: 'upstream_unavailable',
    detail: 'The service behind the gateway could not be reached, or broke off. Try again later.',
  }
}

const broken = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'UND_ERR_SOCKET'])
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a call that got no answer may be sent a second time (RFC 9110, 9.2.2): the connection could not be
 * made, or broke, and a second arrival does no more than the first. Not after a timeout: the upstream is busy.
 */
export const mayRepeat = (method: string, { code }: { code?: string }): boolean =>
  idempotent.has(method) && broken.has(code ?? '')
