import type { Socket } from 'node:net'
import type { Charged } from './charge.ts'

/** How much of a body that is not wanted is read, and for how long, so that its client reads the answer. */
const lingerLimits = { bytes: 33_554_432, milliseconds: 10_000, silentMilliseconds: 2000 }

/** What is dropped costs the process about as much as one handshake for each of these. */
const bytesPerHandshake = 131_072
const lingering = new WeakSet<Socket>()

/** Takes the sizes of what is read and dropped; says when there is to be no more. */
export interface DropMeter {
  /** Counts `bytes`; false once the limit is reached. */
  take(bytes: number): boolean
  stop(): void
}

/**
 * Limits how much of a body is dropped: `onOver` is called once, after two seconds without a byte or ten seconds in all.
 * What is dropped for a client without an accepted certificate is charged to its address.
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
  const silence = setTimeout(end, lingerLimits.silentMilliseconds).unref()
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
 * Closes a connection of HTTP/1.1 once what has been written is sent, and meanwhile reads and drops what the
 * client still sends: a connection that is closed over unread bytes is reset, and the client may lose the answer
 * that it was about to read (RFC 9112, 9.6). No further request is read. It ends with the client's side of it, after
 * two seconds without a byte, or after ten seconds. After 32 MiB no more is read until then: that costs nothing, and a
 * client that reads while it writes has its answer.
 */
export function linger(socket: Socket, admission?: Charged): void {
  if (socket.destroyed || lingering.has(socket)) return
  lingering.add(socket)
  // The parser of HTTP gets nothing more.
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
  // Where the parser has stopped the socket over a body that was not taken, it does not start by itself again.
  ;(socket as Socket & { _read(size: number): void })._read(0)
}

/** Lets the connection of an answer that says `Connection: close` end by {@link linger}, where Node would destroy it. */
export function lingerAfterAnswer({
  socket,
  admission,
}: {
  socket: Socket
  admission: Charged | undefined
}): void {
  socket.destroySoon = () => linger(socket, admission)
}
