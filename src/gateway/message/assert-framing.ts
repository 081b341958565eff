import { PosternError } from '../../errors.ts'
import { type Exchange, isHttp2 } from '../request-context/exchange.ts'
import { findCodingProblem } from './transfer-coding.ts'

/** A request that two programs could read in two ways: it is refused, and nothing more is read from its connection. */
export function ambiguous({ connection }: Exchange, detail: string): PosternError {
  connection.closing = true
  return new PosternError('bad_request', detail)
}

/**
 * Throws `bad_request` where it is not certain where the body of a request ends (RFC 9112, 6.1), and
 * `transfer_coding_unknown` for a coding beside `chunked`. Node refuses most of this before; a coding that stands before
 * `chunked` it would pass on without saying so. After a coding in HTTP/1.0 the connection is closed.
 */
export function assertFraming(exchange: Exchange): void {
  const { 'transfer-encoding': coding, 'content-length': length } = exchange.request.headers
  if (coding === undefined) return
  const { connection, request } = exchange
  const problem = findCodingProblem(isHttp2(exchange) || length !== undefined ? '' : coding)
  if (problem !== undefined) {
    connection.closing = true
    throw new PosternError(problem.code, problem.detail)
  }
  // Programs of HTTP/1.0 between client and gateway may have read the body in another way.
  if (request.httpVersionMinor === 0) connection.closing = true
}

/** Whether a body comes with a request, of whatever length. */
export function hasBody(exchange: Exchange): boolean {
  const { headers } = exchange.request
  if (isHttp2(exchange))
    return !(exchange.request as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
