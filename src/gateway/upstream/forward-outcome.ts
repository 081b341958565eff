import type { ErrorCode } from '../../contract/error-codes.ts'
import { PosternError } from '../../errors.ts'
import { headTooLarge, notPassedOn } from './assert-passable.ts'
import type { RelayFailure } from './relay-answer.ts'

/** How a call went at the upstream: its status, or why there is none. */
export type ForwardOutcome = { status: number } | { error: PosternError }

/** Of a client that went before it had an answer: nobody hears the words, they are for the portal. */
export const clientGone = (): { error: PosternError } => ({
  error: new PosternError(
    'client_gone',
    'The client broke the connection off before the call was answered. The call may have had its effect.',
  ),
})

/** Of a call that found no free connection in time: it was not sent. */
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
 * Why there is no answer, in words for the caller: nothing of how the upstream is reached. `isHarmless` says whether
 * the call can have had no effect, even if the upstream has carried it out.
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

function nameFailure({ error, isSent, hasBegun }: RelayFailure): { code: ErrorCode; sentence: string } {
  const code = error.code ?? ''
  if (timeouts.has(code))
    return {
      code: 'upstream_timeout',
      sentence: `The service behind the gateway did not ${isSent ? 'answer' : 'take a connection'} in time.`,
    }
  const refusal = overflows.has(code) ? headTooLarge() : error
  if (refusal instanceof PosternError) return { code: refusal.code, sentence: refusal.message }
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

/** Whether a connection ended, and not because of what came over it: undici has one code for both. */
const isBroken = ({ code, message }: NodeJS.ErrnoException): boolean =>
  broken.has(code ?? '') && !message.startsWith('bad ')

/** What a parser says is wrong; its words repeat nothing of an answer. */
function reasonOf({ message }: Error): string {
  const [, reason] = /^(?:Response does not match.*\((.*)\)|Parse Error: (.*))$/.exec(message) ?? []
  return reason === undefined ? '' : ` (${reason})`
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a call that got no answer may be sent a second time (RFC 9110, 9.2.2): the connection could not be made,
 * or broke before the first byte of an answer, and a second arrival does no more than the first. Not after a
 * timeout, since the upstream is busy, and not where an answer has begun, since the upstream has the call.
 */
export const mayRepeat = (method: string, { error, hasBegun }: RelayFailure): boolean =>
  idempotent.has(method) && !hasBegun && isBroken(error)

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Whether a call asks for nothing but an answer (RFC 9110, 9.2.1), and hands nothing over. */
export const isReading = (method: string, hasBody: boolean): boolean => safe.has(method) && !hasBody
