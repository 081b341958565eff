import type { Socket } from 'node:net'
import type { Connection } from './connections.ts'

const mostMilliseconds = 5000
const mostBytes = 16_777_216
const lingering = new WeakSet<Socket>()

/**
 * Closes a connection of HTTP/1.1 once what has been written is sent, and meanwhile reads and drops what the
 * client still sends: a connection that is closed over unread bytes is reset, and the client may lose the answer
 * that it was about to read (RFC 9112, 9.6). No further request is read. It ends with the client's side of it, or
 * after five seconds or 16 MiB.
 */
export function linger(socket: Socket): void {
  if (socket.destroyed || lingering.has(socket)) return
  lingering.add(socket)
  let left = mostBytes
  // The parser of HTTP gets nothing more.
  socket.removeAllListeners('data')
  socket.removeAllListeners('end')
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) socket.destroy()
  })
  socket.once('end', () => socket.destroy())
  socket.end()
  socket.resume()
  setTimeout(() => socket.destroy(), mostMilliseconds).unref()
}

/** Lets the connection of an answer that says `Connection: close` end by {@link linger}, where Node would destroy it. */
export function lingerAfterAnswer({ socket }: Connection): void {
  socket.destroySoon = () => linger(socket)
}
