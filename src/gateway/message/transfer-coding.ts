import type { ErrorCode } from '../../contract/error-codes.ts'

/** What is wrong with how a body is framed. */
export interface FramingProblem {
  code: ErrorCode
  detail: string
}

/** Codings that others know (IANA, HTTP Transfer Coding Registry), and the one that RFC 7230 took out. */
const registered = new Set(['compress', 'deflate', 'gzip', 'identity', 'x-compress', 'x-gzip'])

/**
 * What is wrong with a value of `Transfer-Encoding`; nothing for `chunked` alone. A coding that is not understood is told
 * of as that (RFC 9112, 6.1); where the body has no certain end, nothing else counts (RFC 9112, 6.3).
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
