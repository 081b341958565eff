import { PosternError } from '../../errors.ts'
import type { Fields } from '../message/read-fields.ts'
import { mostHeadBytes, mostHeadFields } from './upstream.ts'

/** What becomes of an answer that is refused. */
export const notPassedOn = 'The answer was not passed on: tell the provider.'

/**
 * Throws `upstream_answer_invalid` or `upstream_head_too_large` for the head of an answer that was read and cannot
 * be passed on. `lines` is how many fields it has, each of those that come more than once counted.
 */
export function assertPassable(status: number, headers: Fields, lines: number): void {
  // RFC 9110, 15.
  if (status < 100 || status > 599)
    throw new PosternError(
      'upstream_answer_invalid',
      `The service behind the gateway answered with the status ${status}, and HTTP has none but 100 to 599. ${notPassedOn}`,
    )
  if (lines > mostHeadFields) throw headTooLarge()
  // RFC 9112, 6.1: what was sent in another coding would reach the client as if it were the content.
  const coding = headers['transfer-encoding']
  if (coding !== undefined && String(coding).trim().toLowerCase() !== 'chunked')
    throw new PosternError(
      'upstream_answer_invalid',
      `The service behind the gateway answered with another Transfer-Encoding than chunked, which it was not asked for. ${notPassedOn}`,
    )
}

/** What is said of an answer whose head is over the limit. */
export const headTooLarge = () =>
  new PosternError(
    'upstream_head_too_large',
    `The head of the answer of the service behind the gateway is too large: the gateway passes on at most ${mostHeadBytes / 1024} KiB and ${mostHeadFields} fields. ${notPassedOn}`,
  )
