import type { IncomingMessage } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { hasBody } from './assert-framing.ts'
import type { Connection } from './connections.ts'
import { type Exchange, isGone, isHttp2 } from './exchange.ts'
import { lingerAfterAnswer } from './linger.ts'

/** So much of a body is read and dropped, for the sake of the connection that it came on. */
const mostDroppedBytes = 65_536
const stopMilliseconds = 100

/**
 * Decides what becomes of a body that nobody reads to its end, before the head of the answer is written. With
 * HTTP/1.1 the next request comes behind it: a short one is dropped, so that the connection can go on; after a
 * longer one, and one that has no known end, the connection is closed (RFC 9112, 9.3 and 9.6). With HTTP/2 the
 * client is told to send no more of it (RFC 9113, 8.1).
 */
export function leaveBody(exchange: Exchange): void {
  const { request, response, connection, upgradeHead } = exchange
  if (isHttp2(exchange)) {
    stopBody(exchange)
    return
  }
  if (request.complete && upgradeHead === undefined) return
  if (upgradeHead === undefined && isShort(request) && !connection.closing) {
    // Node drops it by itself only where none of it was read.
    response.once('finish', () => request.resume())
    return
  }
  closeWithAnswer(connection)
}

/** Says in the answer that its connection of HTTP/1.1 ends with it, and lets the client read it in any case. */
export function closeWithAnswer(connection: Connection): void {
  connection.closing = true
  lingerAfterAnswer(connection)
}

/** A body that the way to the upstream has given up cannot be read any more; one that was not asked for may not come. */
const isShort = ({ headers, destroyed }: IncomingMessage): boolean =>
  !destroyed &&
  headers.expect === undefined &&
  Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= mostDroppedBytes

/** Asks a client of HTTP/2 to send no more of a body, once the answer has gone out. */
export function stopBody(exchange: Exchange): void {
  if (isGone(exchange) || !hasBody(exchange)) return
  const { stream } = exchange.request as unknown as { stream: ServerHttp2Stream }
  const stop = (): void => {
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
  }
  // Clients that meet the reset together with the end of the answer may throw the answer away.
  stream.once('finish', () => setTimeout(stop, stopMilliseconds).unref())
}
