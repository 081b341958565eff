import { closeWithAnswer, stopBody } from '../message/discard-body.ts'
import type { Fields } from '../message/read-fields.ts'
import { isHttp2, type RequestContext } from '../request-context/request-context.ts'
import { linger } from '../socket/linger.ts'
import type { OpenCall } from './open-calls.ts'
import { toClientHeaders } from './to-client-headers.ts'

const nothing = Buffer.alloc(0)

/** Writes the head of a response with the gateway's headers. If it throws, another head can be written. */
export function writeHead(call: Pick<OpenCall, 'context' | 'found'>, status: number, headers: Fields): void {
  const { context } = call
  // An upstream that rejects a request within its body usually does not read the rest.
  if (status >= 400 && !context.request.complete && !isHttp2(context)) closeWithAnswer(context.connection)
  try {
    context.response.writeHead(status, toClientHeaders(call, status, headers))
  } catch (error) {
    discardHead(context)
    throw error
  }
}

function discardHead(context: RequestContext): void {
  const { response, connection } = context
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.sendDate = true
  if (isHttp2(context)) return
  response.statusMessage = ''
  // Node may treat this response as bodiless, so that the connection has to be closed to end it.
  connection.closing = true
}

/**
 * Sends the head immediately. Node's own flush writes octets above 127 as UTF-8; HTTP/2 has already sent it.
 */
export function sendHead(context: RequestContext): void {
  if (!isHttp2(context)) context.response.write(nothing)
}

/** Ends a response, with its trailers if the client can receive them (RFC 9112, section 7.1.2). */
export function endAnswer(call: OpenCall, trailers: Record<string, string | string[]> | undefined): void {
  const { context } = call
  const { request, response, connection } = context
  const hasTrailers = trailers !== undefined
  // The rest of the body is not read, and a client that only writes would wait forever.
  if (isHttp2(context)) {
    if (!hasTrailers) stopBody(context)
  } else if (!request.complete) response.once('finish', () => linger(connection.socket))
  if (hasTrailers && (isHttp2(context) || response.chunkedEncoding)) response.addTrailers(trailers as never)
  response.end()
  holdBack(call)
}

/** Records what waits for the client to read it. */
export function holdBack(call: OpenCall): void {
  call.heldBytes = call.context.response.writableLength
  call.pace.heldSeconds = 0
}
