import type { Socket } from 'node:net'
import type { Charged } from './charge.ts'

/** How much of an unneeded body is read, and for how long, so that its client reads the response. */
const lingerLimits = { bytes: 33_554_432, milliseconds: 10_000, silentMs: 2000 }

/** Discarding this many bytes costs the process about as much as one handshake. */
const bytesPerHandshake = 131_072
const lingering = new WeakSet<Socket>()

/** A meter of what is read and discarded, which tells when to stop. */
export interface DropMeter {
  /** Counts `bytes`; false once the limit is reached. */
  take(bytes: number): boolean
  stop(): void
}

/**
 * Limits how much of a body is discarded: `onOver` is called once, after two seconds without a byte or ten
 * seconds in total. For a client without an accepted certificate the bytes are charged to its address.
 */
export function createDropMeter(admission: Charged | undefined, onOver: () => void): DropMeter {
  let left = lingerLimits.bytes
  const stop = (): void => {
    clearTimeout(whole)
    clearTimeout(silence)
  }
  const end = (): void => {
    stop()
    onOver()
  }
  const whole = setTimeout(end, lingerLimits.milliseconds).unref()
  const silence = setTimeout(end, lingerLimits.silentMs).unref()
  return {
    take(bytes) {
      left -= bytes
      admission?.charge(bytes / bytesPerHandshake)
      if (left > 0) silence.refresh()
      return left > 0
    },
    stop,
  }
}

/**
 * Closes an HTTP/1.1 connection after all written data is sent, and meanwhile reads and discards what the
 * client still sends: closing with unread bytes resets the connection, and the client may lose the response
 * (RFC 9112, section 9.6). No further request is processed. It ends when the client closes its side, after
 * two seconds without a byte, or after ten seconds. After 32 MiB reading stops until then: that costs
 * nothing, and a client that reads while it writes has its response.
 */
export function linger(socket: Socket, admission?: Charged): void {
  if (socket.destroyed || lingering.has(socket)) return
  lingering.add(socket)
  // The HTTP parser gets no more data.
  socket.removeAllListeners('data')
  socket.removeAllListeners('end')
  const meter = createDropMeter(admission, () => socket.destroy())
  socket.on('data', (chunk: Buffer) => {
    if (!meter.take(chunk.length)) socket.pause()
  })
  socket.once('end', () => socket.destroy())
  socket.once('close', meter.stop)
  socket.end()
  socket.resume()
  // A socket that the parser has paused because of an unread body does not resume automatically.
  ;(socket as Socket & { _read(size: number): void })._read(0)
}

/**
 * Closes the connection of a response with `Connection: close` by {@link linger} where Node would destroy it.
 */
export function lingerAfterAnswer({
  socket,
  admission,
}: {
  socket: Socket
  admission: Charged | undefined
}): void {
  socket.destroySoon = () => linger(socket, admission)
}
