import { PosternError } from '../errors.ts'
import { type Exchange, isHttp2 } from './exchange.ts'

/** A request that two programs could read in two ways: it is refused, and nothing more is read from its connection. */
export function ambiguous({ connection }: Exchange, detail: string): PosternError {
  connection.closing = true
  return new PosternError('bad_request', detail)
}

/**
 * Throws `bad_request` where it is not certain where the body of a request ends (RFC 9112, 6.1). Node
 * refuses most of this before; a coding beside `chunked` it would pass on without saying so.
 */
export function assertFraming(exchange: Exchange): void {
  const { 'transfer-encoding': coding, 'content-length': length } = exchange.request.headers
  if (coding === undefined) return
  if (isHttp2(exchange) || length !== undefined || coding.toLowerCase() !== 'chunked')
    throw ambiguous(
      exchange,
      'The header Transfer-Encoding says something else than chunked, or stands beside Content-Length. Send the body in chunks alone, or with its length alone.',
    )
}

/** Whether a body comes with a request, of whatever length. */
export function hasBody(exchange: Exchange): boolean {
  const { headers } = exchange.request
  if (isHttp2(exchange))
    return !(exchange.request as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}
