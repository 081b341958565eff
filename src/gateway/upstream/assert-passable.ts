import { PosternError } from '../../errors.ts'
import type { Fields } from '../message/read-fields.ts'
import { maxHeadBytes, maxHeadFields } from './upstream.ts'

/** What happens to a response that is denied. */
export const notPassedOn = 'The answer was not passed on: tell the provider.'

/**
 * Throws `upstream_answer_invalid` or `upstream_head_too_large` for the head of a response that was parsed
 * but cannot be forwarded. `lines` is its number of fields, with each line of a repeated field counted.
 */
export function assertPassable(status: number, headers: Fields, lines: number): void {
  // RFC 9110, section 15.
  if (status < 100 || status > 599)
    throw new PosternError(
      'upstream_answer_invalid',
      `The service behind the gateway answered with the status ${status}, and HTTP has none but 100 to 599. ${notPassedOn}`,
    )
  if (lines > maxHeadFields) throw headTooLarge()
  // RFC 9112, section 6.1: another coding would reach the client as if it were the content.
  const coding = headers['transfer-encoding']
  if (coding !== undefined && String(coding).trim().toLowerCase() !== 'chunked')
    throw new PosternError(
      'upstream_answer_invalid',
      `The service behind the gateway answered with another Transfer-Encoding than chunked, which it was not asked for. ${notPassedOn}`,
    )
}

/** Returns the error for a response whose head exceeds the limit. */
export const headTooLarge = () =>
  new PosternError(
    'upstream_head_too_large',
    `The head of the answer of the service behind the gateway is too large: the gateway passes on at most ${maxHeadBytes / 1024} KiB and ${maxHeadFields} fields. ${notPassedOn}`,
  )
