import type { Server, Socket } from 'node:net'

const handshakeRecord = 0x16
const firstByteMilliseconds = 10_000

/**
 * Looks at the first byte of each new connection of a TLS server. What starts like an HTTP request goes
 * to `onPlainHttp`; all the rest goes to TLS, which reads on from the first byte.
 */
export function inspectFirstByte(server: Server, onPlainHttp: (socket: Socket) => void): void {
  const [handOver] = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const onError = () => socket.destroy()
    const timer = setTimeout(onError, firstByteMilliseconds)
    socket.on('error', onError)
    socket.once('close', () => clearTimeout(timer))
    socket.once('readable', () => {
      clearTimeout(timer)
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return socket.destroy()
      if (chunk[0] !== handshakeRecord && /^[A-Z]{3}/.test(chunk.toString('latin1', 0, 3)))
        return onPlainHttp(socket)
      socket.off('error', onError)
      socket.unshift(chunk)
      return handOver?.call(server, socket)
    })
  })
}
