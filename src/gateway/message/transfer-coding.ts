import type { DenialCode } from '../../contract/denial-codes.ts'

/** What is wrong with the framing of a body. */
export interface FramingProblem {
  code: DenialCode
  detail: string
}

/** Known codings (IANA, HTTP Transfer Coding Registry), and the one that RFC 7230 removed. */
const registered = new Set(['compress', 'deflate', 'gzip', 'identity', 'x-compress', 'x-gzip'])

/**
 * Returns what is wrong with a value of `Transfer-Encoding`; undefined for `chunked` alone. An unknown coding
 * is reported as such (RFC 9112, section 6.1); if the end of the body is ambiguous, that takes precedence
 * (RFC 9112, section 6.3).
 */
export function findCodingProblem(value: string): FramingProblem | undefined {
  const codings = value.split(',').map((coding) => coding.trim().toLowerCase())
  if (codings.length === 1 && codings[0] === 'chunked') return undefined
  const others = codings.filter((coding) => coding !== 'chunked')
  const isChunkedLast = codings.at(-1) === 'chunked' && codings.length - others.length === 1
  const isUnknown = others.every((coding) => isToken.test(coding) && !registered.has(coding))
  if (others.length > 0 && (isChunkedLast || (isUnknown && others.length === codings.length)))
    return {
      code: 'transfer_coding_unknown',
      detail:
        'The header Transfer-Encoding names a coding that this gateway does not understand. Send the body in chunks alone, or with its length alone; compress it under Content-Encoding.',
    }
  return {
    code: 'bad_request',
    detail:
      'The header Transfer-Encoding says something else than chunked, or stands beside Content-Length. Send the body in chunks alone, or with its length alone.',
  }
}

const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
