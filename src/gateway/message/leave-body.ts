import type { IncomingMessage } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Connection } from '../request-context/connections.ts'
import { type Exchange, isGone, isHttp2 } from '../request-context/exchange.ts'
import { createDropMeter, lingerAfterAnswer } from '../socket/linger.ts'
import { hasBody } from './assert-framing.ts'

/** So much of a body is read and dropped, for the sake of the connection that it came on. */
const mostDroppedBytes = 65_536

/**
 * Decides what becomes of a body that nobody reads to its end, before the head of the answer is written. With
 * HTTP/1.1 the next request comes behind it: a short one is dropped, so that the connection can go on; after a
 * longer one, and one that has no known end, the connection is closed (RFC 9112, 9.3 and 9.6). With HTTP/2 it is
 * dropped within limits, and then the client is told to send no more of it (RFC 9113, 8.1).
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

/**
 * Takes what still comes of a body over HTTP/2 once the answer has gone out, and drops it: some clients read no answer
 * before they have sent the whole of their body. After the limits of {@link createDropMeter} the client is asked to
 * send no more.
 */
export function stopBody(exchange: Exchange): void {
  if (isGone(exchange) || !hasBody(exchange)) return
  const { request, connection } = exchange
  const { stream } = request as unknown as { stream: ServerHttp2Stream }
  const stop = (): void => {
    if (!stream.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR)
  }
  // Clients that meet a reset together with the end of the answer may throw the answer away.
  stream.once('finish', () => {
    if (stream.readableEnded || stream.destroyed) return
    const meter = createDropMeter(connection.admission, stop)
    stream.once('close', meter.stop)
    stream.on('data', (chunk: Buffer) => {
      if (!meter.take(chunk.length)) stream.pause()
    })
    stream.resume()
  })
}
