import type { ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Charged } from './charge.ts'
import { linger } from './linger.ts'

/** The means to end a connection. */
interface Closable {
  socket: TLSSocket
  session: Http2Session | undefined
  admission: Charged | undefined
  active: number
  endsAnswers: boolean
  isDenied: boolean
  closing: boolean
}

/** How long a client has to read why its connection ends. */
const cutMs = 250
/** Some HTTP/2 clients discard an unread response when they learn that the connection ends. */
const beforeGoawayMs = 200
const endMs = 1000

/** Closes a connection after all written data, so that its client can read the reason. */
function closeGracefully({ socket, session, admission }: Closable): void {
  if (session === undefined) return void linger(socket, admission)
  setTimeout(() => session.close(), beforeGoawayMs).unref()
  setTimeout(() => socket.destroy(), beforeGoawayMs + endMs).unref()
}

/** Ends a connection with the answer that is about to be written; one of a reverse proxy stays. */
export function endWithAnswer({
  connection,
  response,
}: {
  connection: Closable & { readonly isOfProxy: boolean }
  response: ServerResponse
}): void {
  if (connection.isOfProxy) return
  connection.closing = true
  response.once('close', () => closeGracefully(connection))
}

/**
 * Closes a connection immediately, even during a response, with `close_notify` (RFC 8446, section 6.1). A
 * response that is delimited only by the end of the connection is cut off without it: otherwise the client
 * would take it as complete.
 */
export function cutConnection(connection: Closable): void {
  const { session, socket, active, endsAnswers } = connection
  connection.isDenied = true
  connection.closing = true
  if (endsAnswers && active > 0) return void socket.destroy()
  // nghttp2 closes the socket itself after it has told the client.
  if (session !== undefined) session.destroy()
  else socket.end(() => socket.destroy())
  setTimeout(() => socket.destroy(), cutMs).unref()
}
