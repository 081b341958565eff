import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import symbols from 'undici/lib/core/symbols.js'

/** What undici reads the answers on a connection with, as far as it is corrected here. */
interface AnswerParser {
  shouldKeepAlive: boolean
  contentLength: number
  hasTransferEncoding: boolean
  /** Until when the head of an answer has to be there. */
  timeout: object | null
  ptr: number
  llhttp: { llhttp_get_http_major(ptr: number): number; llhttp_get_http_minor(ptr: number): number }
  onHeadersComplete(status: number, isUpgrade: boolean, isKeptAlive: boolean): number
}

/**
 * Gives what makes connections to an upstream. Four things that undici does otherwise than a gateway needs are
 * corrected on each of them. It gives a connection up that brings a `100 Continue`, which a client has to be able to
 * read also where it did not ask for one (RFC 9110, 15.2); here it is passed over, as undici passes over every other
 * interim answer. It takes a body that ends with its connection for whole when the connection is reset
 * (RFC 9112, 8); here such an answer has failed. And it goes on with a connection after an answer of HTTP/1.0 with a
 * coding, of which nobody knows where it ends for others (RFC 9112, 6.1); here the connection is closed. And each interim
 * answer lets it wait anew for the final one; here the time for an answer ends all the same.
 */
export function createConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (target, callback) =>
    connect(target, (...result) => {
      callback(...result)
      // Undici leaves it out where there is none, whatever its types say.
      const socket: Socket | null | undefined = result[1]
      if (socket) correctParser(socket)
    })
}

function correctParser(socket: Socket): void {
  // Nothing where the connection has been given up meanwhile.
  const parser = (socket as { [symbols.kParser]?: AnswerParser | null })[symbols.kParser]
  if (!parser) return
  const read = parser.onHeadersComplete
  parser.onHeadersComplete = (status, isUpgrade, isKeptAlive) => {
    if (status >= 200 || status === 101)
      return read.call(parser, status, isUpgrade, mayBeKept(parser, isKeptAlive))
    const { timeout } = parser
    // What is not there is not begun anew.
    parser.timeout = null
    try {
      return read.call(parser, status === 100 ? 102 : status, isUpgrade, isKeptAlive)
    } finally {
      parser.timeout = timeout
    }
  }
  // Before undici hears of it, which reads the rest of an answer only where its connection was to end.
  socket.prependListener('error', () => {
    if (parser.contentLength < 0 && !parser.hasTransferEncoding) parser.shouldKeepAlive = true
  })
}

function mayBeKept({ hasTransferEncoding, llhttp, ptr }: AnswerParser, isKeptAlive: boolean): boolean {
  const isOld = llhttp.llhttp_get_http_major(ptr) === 1 && llhttp.llhttp_get_http_minor(ptr) === 0
  return isKeptAlive && !(hasTransferEncoding && isOld)
}
