import { closeWithAnswer, stopBody } from '../message/leave-body.ts'
import type { Fields } from '../message/read-fields.ts'
import { type Exchange, isHttp2 } from '../request-context/exchange.ts'
import { linger } from '../socket/linger.ts'
import type { OpenCall } from './open-calls.ts'
import { toClientHeaders } from './to-client-headers.ts'

const nothing = Buffer.alloc(0)

/** Writes the head of an answer, with what the gateway says in it. What it throws leaves room for another head. */
export function writeHead(call: Pick<OpenCall, 'exchange' | 'found'>, status: number, headers: Fields): void {
  const { exchange } = call
  // An upstream that refuses a call in the middle of its body most often reads no more of it.
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
  // Node may hold that this answer has no body, so that the end of the connection has to end it.
  connection.closing = true
}

/** Sends the head at once. Node's way to flush it writes octets above 127 as UTF-8; with HTTP/2 it is on its way. */
export function sendHead(exchange: Exchange): void {
  if (!isHttp2(exchange)) exchange.response.write(nothing)
}

/** Ends an answer, with its trailers where the client can have them (RFC 9112, 7.1.2). */
export function endAnswer(call: OpenCall, trailers: Record<string, string | string[]> | undefined): void {
  const { exchange } = call
  const { request, response, connection } = exchange
  const hasTrailers = trailers !== undefined
  // Nobody reads what is left of the body, and a client that only writes would wait for ever.
  if (isHttp2(exchange)) {
    if (!hasTrailers) stopBody(exchange)
  } else if (!request.complete) response.once('finish', () => linger(connection.socket))
  if (hasTrailers && (isHttp2(exchange) || response.chunkedEncoding)) response.addTrailers(trailers as never)
  response.end()
  holdBack(call)
}

/** Notes what waits for the client to take it. */
export function holdBack(call: OpenCall): void {
  call.heldBytes = call.exchange.response.writableLength
  call.pace.heldSeconds = 0
}
