import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import symbols from 'undici/lib/core/symbols.js'

/** The parser state of undici's connections, as far as it is corrected here. */
interface AnswerParser {
  shouldKeepAlive: boolean
  contentLength: number
  hasTransferEncoding: boolean
  /** When the head of a response must be complete. */
  timeout: object | null
  ptr: number
  llhttp: { llhttp_get_http_major(ptr: number): number; llhttp_get_http_minor(ptr: number): number }
  onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number
}

/**
 * Creates connections to an upstream, and corrects undici in four ways on each of them. Undici closes a
 * connection on `100 Continue`, which a client must accept even if it did not ask for it (RFC 9110, section
 * 15.2); here it is ignored, as undici ignores every other interim response. Undici takes a body that ends
 * with its connection as complete when the connection is reset (RFC 9112, section 8); here such a response
 * has failed. Undici reuses a connection after an HTTP/1.0 response with a transfer coding, whose end other
 * programs read differently (RFC 9112, section 6.1); here the connection is closed. And each interim response
 * restarts undici's time-out for the final one; here it does not.
 */
export function createConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, callback) =>
    connect(target, (...result) => {
      callback(...result)
      // Undici omits it if there is none, contrary to its types.
      const socket: Socket | null | undefined = result[1]
      if (socket) correctParser(socket)
    })
}

function correctParser(socket: Socket): void {
  // Undefined if the connection has been closed meanwhile.
  const parser = (socket as { [symbols.kParser]?: AnswerParser | null })[symbols.kParser]
  if (!parser) return
  const read = parser.onHeadersComplete
  parser.onHeadersComplete = (status, isUpgrade, isKeptAlive) => {
    if (status >= 200 || status === 101)
      return read.call(parser, status, isUpgrade, mayBeKept(parser, isKeptAlive))
    const { timeout } = parser
    // Without a time-out there is nothing to keep.
    parser.timeout = null
    try {
      return read.call(parser, status === 100 ? 102 : status, isUpgrade, isKeptAlive)
    } finally {
      parser.timeout = timeout
    }
  }
  // Before undici's listener, which reads the rest of a response only if the connection was to end.
  socket.prependListener('error', () => {
    if (parser.contentLength < 0 && !parser.hasTransferEncoding) parser.shouldKeepAlive = true
  })
}

function mayBeKept({ hasTransferEncoding, llhttp, ptr }: AnswerParser, isKeptAlive: boolean): boolean {
  const isOld = llhttp.llhttp_get_http_major(ptr) === 1 && llhttp.llhttp_get_http_minor(ptr) === 0
  return isKeptAlive && !(hasTransferEncoding && isOld)
}
