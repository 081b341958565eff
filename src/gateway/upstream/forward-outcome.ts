import { type DenialCode, isDenialCode } from '../../contract/denial-codes.ts'
import { PosternError } from '../../errors.ts'
import { headTooLarge, notPassedOn } from './assert-passable.ts'
import type { RelayFailure } from './relay-answer.ts'

/** The result of a request at the upstream: its status, or why there is none. */
export type ForwardOutcome = { status: number } | { error: PosternError }

/** For a client that disconnected before its response: only the portal shows this error. */
export const clientGone = (): { error: PosternError } => ({
  error: new PosternError(
    'client_gone',
    'The client broke the connection off before the call was answered. The call may have had its effect.',
  ),
})

/** For a request that got no connection in time: it was not sent. */
export const upstreamBusy = (): { error: PosternError } => ({
  error: new PosternError(
    'upstream_busy',
    'All connections to the service behind the gateway that this organization may have are in use. The call was not sent: wait as long as Retry-After says, and send it again.',
  ),
})

const timeouts = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])
const unsendable = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'ERR_INVALID_CHAR',
  'ERR_UNESCAPED_CHARACTERS',
])
const overflows = new Set(['UND_ERR_HEADERS_OVERFLOW', 'HPE_HEADER_OVERFLOW'])
const broken = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'UND_ERR_SOCKET'])

const notSent = 'The call was not sent: try again later.'
const mayHaveEffect = 'The call may have had its effect: check before you repeat it.'
const withoutEffect = 'Try again later.'

/**
 * Explains to the client why there is no response, without details about the upstream. `isHarmless` says
 * whether the request can have had no effect, even if the upstream has processed it.
 */
export function explainFailure(failure: RelayFailure, isHarmless: boolean): PosternError {
  const { error, isSent } = failure
  const advice = !isSent ? notSent : isHarmless ? withoutEffect : mayHaveEffect
  if (!isSent && unsendable.has(error.code ?? ''))
    return new PosternError(
      'bad_request',
      'The address or a header of the request has characters that cannot be sent on. Leave them out.',
    )
  const { code, sentence } = nameFailure(failure)
  return new PosternError(code, `${sentence} ${advice}`)
}

function nameFailure({ error, isSent, hasBegun }: RelayFailure): { code: DenialCode; sentence: string } {
  const code = error.code ?? ''
  if (timeouts.has(code))
    return {
      code: 'upstream_timeout',
      sentence: `The service behind the gateway did not ${isSent ? 'answer' : 'take a connection'} in time.`,
    }
  const denial = overflows.has(code) ? headTooLarge() : error
  if (denial instanceof PosternError && isDenialCode(denial.code))
    return { code: denial.code, sentence: denial.message }
  if (hasBegun && !isBroken(error))
    return {
      code: 'upstream_answer_invalid',
      sentence: `The service behind the gateway answered with something else than HTTP/1.1 as RFC 9112 has it${reasonOf(error)}. ${notPassedOn}`,
    }
  return {
    code: 'upstream_unavailable',
    sentence: isSent
      ? 'The service behind the gateway broke the connection off before it had answered.'
      : 'The service behind the gateway could not be reached.',
  }
}

/** Returns whether a connection ended other than by the received data: undici has one code for both. */
const isBroken = ({ code, message }: NodeJS.ErrnoException): boolean =>
  broken.has(code ?? '') && !message.startsWith('bad ')

/** Returns the parser's error; its texts repeat nothing of a response. */
function reasonOf({ message }: Error): string {
  const [, reason] = /^(?:Response does not match.*\((.*)\)|Parse Error: (.*))$/.exec(message) ?? []
  return reason === undefined ? '' : ` (${reason})`
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Returns whether a failed request may be sent again (RFC 9110, section 9.2.2): the connection failed, or
 * broke before the first byte of a response, and the request is idempotent. Not after a time-out, because the
 * upstream is busy, and not after a response has started, because the upstream has the request.
 */
export const mayRepeat = (method: string, { error, hasBegun }: RelayFailure): boolean =>
  idempotent.has(method) && !hasBegun && isBroken(error)

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Returns whether a request is safe (RFC 9110, section 9.2.1) and has no body. */
export const isReading = (method: string, hasBody: boolean): boolean => safe.has(method) && !hasBody
