import type { ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Charged } from './charge.ts'
import { linger } from './linger.ts'

/** What a connection has that ends it. */
interface Closable {
  socket: TLSSocket
  session: Http2Session | undefined
  admission: Charged | undefined
  active: number
  endsAnswers: boolean
  isRefused: boolean
  closing: boolean
}

/** A client that reads learns within this why its connection ends. */
const cutMilliseconds = 250
/** Some clients of HTTP/2 drop an answer that they have not read when they learn that the connection ends. */
const beforeGoawayMilliseconds = 200
const endMilliseconds = 1000

/** Closes a connection after what has been written, so that its client can read why. */
function endGently({ socket, session, admission }: Closable): void {
  if (session === undefined) return void linger(socket, admission)
  setTimeout(() => session.close(), beforeGoawayMilliseconds).unref()
  setTimeout(() => socket.destroy(), beforeGoawayMilliseconds + endMilliseconds).unref()
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
  response.once('close', () => endGently(connection))
}

/**
 * Ends a connection now, in the middle of whatever it is doing, and says so by `close_notify` (RFC 8446, 6.1). An answer
 * that has no end but that of its connection is cut without: its client would take what it has for the whole of it.
 */
export function cutConnection(connection: Closable): void {
  const { session, socket, active, endsAnswers } = connection
  connection.isRefused = true
  connection.closing = true
  if (endsAnswers && active > 0) return void socket.destroy()
  // It ends the socket itself, once it has told the client.
  if (session !== undefined) session.destroy()
  else socket.end(() => socket.destroy())
  setTimeout(() => socket.destroy(), cutMilliseconds).unref()
}
