import { closeWithAnswer, stopBody } from '../message/leave-body.ts'
import type { Fields } from '../message/read-fields.ts'
import { type Exchange, isHttp2 } from '../request-context/exchange.ts'
import { linger } from '../socket/linger.ts'
import type { OpenCall } from './open-calls.ts'
import { toClientHeaders } from './to-client-headers.ts'

const nothing = Buffer.alloc(0)

/** Writes the head of a response with the gateway's headers. If it throws, another head can be written. */
export function writeHead(call: Pick<OpenCall, 'exchange' | 'found'>, status: number, headers: Fields): void {
  const { exchange } = call
  // An upstream that rejects a request within its body usually does not read the rest.
  if (status >= 400 && !exchange.request.complete && !isHttp2(exchange)) closeWithAnswer(exchange.connection)
  try {
    exchange.response.writeHead(status, toClientHeaders(call, status, headers))
  } catch (error) {
    forgetHead(exchange)
    throw error
  }
}

function forgetHead(exchange: Exchange): void {
  const { response, connection } = exchange
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.sendDate = true
  if (isHttp2(exchange)) return
  response.statusMessage = ''
  // Node may treat this response as bodiless, so that the connection has to be closed to end it.
  connection.closing = true
}

/**
 * Sends the head immediately. Node's own flush writes octets above 127 as UTF-8; HTTP/2 has already sent it.
 */
export function sendHead(exchange: Exchange): void {
  if (!isHttp2(exchange)) exchange.response.write(nothing)
}

/** Ends a response, with its trailers if the client can receive them (RFC 9112, section 7.1.2). */
export function endAnswer(call: OpenCall, trailers: Record<string, string | string[]> | undefined): void {
  const { exchange } = call
  const { request, response, connection } = exchange
  const hasTrailers = trailers !== undefined
  // The rest of the body is not read, and a client that only writes would wait forever.
  if (isHttp2(exchange)) {
    if (!hasTrailers) stopBody(exchange)
  } else if (!request.complete) response.once('finish', () => linger(connection.socket))
  if (hasTrailers && (isHttp2(exchange) || response.chunkedEncoding)) response.addTrailers(trailers as never)
  response.end()
  holdBack(call)
}

/** Records what waits for the client to read it. */
export function holdBack(call: OpenCall): void {
  call.heldBytes = call.exchange.response.writableLength
  call.pace.heldSeconds = 0
}
