import type { IncomingMessage } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Connection } from '../request-context/connections.ts'
import { isGone, isHttp2, type RequestContext } from '../request-context/request-context.ts'
import { createDropMeter, lingerAfterAnswer } from '../socket/linger.ts'
import { hasBody } from './assert-framing.ts'

/** How much of a body is read and discarded to keep its connection. */
const maxDroppedBytes = 65_536

/**
 * Decides what happens to a body that is not read to its end, before the head of the response is written.
 * With HTTP/1.1 the next request follows it: a short body is discarded, so that the connection can continue;
 * after a longer one or one of unknown length the connection is closed (RFC 9112, sections 9.3 and 9.6). With
 * HTTP/2 it is discarded within limits, after which the client is told to stop sending (RFC 9113, section
 * 8.1).
 */
export function discardBody(context: RequestContext): void {
  const { request, response, connection, upgradeHead } = context
  if (isHttp2(context)) {
    stopBody(context)
    return
  }
  if (request.complete && upgradeHead === undefined) return
  if (upgradeHead === undefined && isShort(request) && !connection.closing) {
    // Node discards it automatically only if none of it was read.
    response.once('finish', () => request.resume())
    return
  }
  closeWithAnswer(connection)
}

/** Announces in the response that its HTTP/1.1 connection ends, and lets the client read it in any case. */
export function closeWithAnswer(connection: Connection): void {
  connection.closing = true
  lingerAfterAnswer(connection)
}

/**
 * Returns whether a body is known to be short and can be read: not after the upstream request has abandoned
 * it, nor if the client was not asked for it.
 */
const isShort = ({ headers, destroyed }: IncomingMessage): boolean =>
  !destroyed &&
  headers.expect === undefined &&
  Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= maxDroppedBytes

/**
 * Reads and discards the rest of an HTTP/2 body after the response: some clients read no response before they
 * have sent their whole body. Beyond the limits of {@link createDropMeter} the client is told to stop
 * sending.
 */
export function stopBody(context: RequestContext): void {
  if (isGone(context) || !hasBody(context)) return
  const { request, connection } = context
  const { stream } = request as unknown as { stream: ServerHttp2Stream }
  const stop = (): void => {
    if (!stream.readableEnded && !stream.destroyed) stream.close(constants.NGHTTP2_NO_ERROR)
  }
  // Clients that get a reset together with the end of the response may discard the response.
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
