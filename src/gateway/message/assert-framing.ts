import { PosternError } from '../../errors.ts'
import { isHttp2, type RequestContext } from '../request-context/request-context.ts'
import { findCodingProblem } from './transfer-coding.ts'

/**
 * Creates the error for a request that two programs could read differently, and closes its connection after
 * it.
 */
export function ambiguous({ connection }: RequestContext, detail: string): PosternError {
  connection.closing = true
  return new PosternError('bad_request', detail)
}

/**
 * Throws `bad_request` if the end of a request's body is ambiguous (RFC 9112, section 6.1), and
 * `transfer_coding_unknown` for a coding in addition to `chunked`. Node rejects most of this earlier, but
 * would silently forward a coding before `chunked`. After a coding in HTTP/1.0 the connection is closed.
 */
export function assertFraming(context: RequestContext): void {
  const { 'transfer-encoding': coding, 'content-length': length } = context.request.headers
  if (coding === undefined) return
  const { connection, request } = context
  const problem = findCodingProblem(isHttp2(context) || length !== undefined ? '' : coding)
  if (problem !== undefined) {
    connection.closing = true
    throw new PosternError(problem.code, problem.detail)
  }
  // HTTP/1.0 intermediaries between client and gateway may have read the body differently.
  if (request.httpVersionMinor === 0) connection.closing = true
}

/** Returns whether a request has a body, of any length. */
export function hasBody(context: RequestContext): boolean {
  const { headers } = context.request
  if (isHttp2(context))
    return !(context.request as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
