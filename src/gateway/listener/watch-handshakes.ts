import { AsyncLocalStorage } from 'node:async_hooks'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isProxyHeader } from '../../proxy-header.ts'
import type { Admission } from './limit-strangers.ts'

const handshakeRecord = 0x16
const firstByteMilliseconds = 10_000

/** A connection on which TLS is not up yet. */
export interface Greeting {
  /** Asked for at once: a socket that was reset has none any more. */
  clientAddress: string
  /** What came first; for a client that speaks TLS most often the whole of its offer. */
  firstBytes: Buffer
  admission: Admission
}

/** What becomes of connections that are no good TLS. */
export interface HandshakeHandlers {
  /** Takes a new connection in; nothing where it is to be closed unanswered. */
  admit(clientAddress: string): Admission | undefined
  /** The handshake is done; `admission` is accepted where its certificate is. Gives whether it is. */
  onSecure(socket: TLSSocket, admission: Admission): boolean
  onPlainHttp(socket: Socket, greeting: Greeting): void
  /** A load balancer tells by the PROXY protocol who called it. */
  onProxyHeader(socket: Socket, greeting: Greeting): void
  /** `errorCode` is the one of Node's error. Called once for a connection. */
  onBroken(greeting: Greeting, errorCode: string | undefined): void
}

interface Pending extends Greeting {
  isOver: boolean
  /** The connection below TLS. */
  socket: Socket
}

/** A ClientHello with hybrid keys, a certificate and its issuer need less; what is above is charged. */
const ordinaryBytes = 4096
/** Above this a client is charged also where its certificate is accepted. */
const acceptedBytes = 8192
const bytesPerHandshake = 1024

/**
 * Looks at the first byte of each new connection of a TLS server: what starts like an HTTP request goes
 * to `onPlainHttp`, a header of the PROXY protocol to `onProxyHeader`, all the rest to TLS, which reads on from the first byte. Tells of every handshake that
 * comes to nothing, also where the peer is gone. A connection that is closed before its first byte, as
 * load balancers do it to see whether the port is open, is nothing to tell of.
 */
export function watchHandshakes(
  server: Server,
  { admit, onSecure, onPlainHttp, onProxyHeader, onBroken }: HandshakeHandlers,
): void {
  const [handOver] = server.listeners('connection')
  // What TLS does for a connection happens in the context of its greeting: its own events do not name it.
  const context = new AsyncLocalStorage<Pending>()
  const end = (pending: Pending, errorCode: string | undefined) => {
    if (!pending.isOver) {
      chargeBytes(pending, ordinaryBytes)
      onBroken(pending, errorCode)
    }
    finish(pending)
  }
  server.prependListener('secureConnection', () => finish(context.getStore()))
  server.on('secureConnection', (socket: TLSSocket) => {
    const pending = context.getStore()
    if (pending === undefined) return
    chargeBytes(pending, onSecure(socket, pending.admission) ? acceptedBytes : ordinaryBytes)
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    const pending = context.getStore()
    // Without a context the peer has closed the connection, which its own end tells below.
    if (pending !== undefined) end(pending, error.code)
  })
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const clientAddress = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
    const admission = admit(clientAddress)
    if (admission === undefined) return void socket.destroy()
    socket.once('close', admission.end)
    const pending: Pending = {
      clientAddress,
      firstBytes: Buffer.alloc(0),
      isOver: false,
      admission,
      socket,
    }
    awaitFirstByte(socket, (firstBytes) => {
      if (firstBytes === undefined) return end(pending, 'ERR_TLS_HANDSHAKE_TIMEOUT')
      pending.firstBytes = firstBytes
      if (isProxyHeader(firstBytes)) return onProxyHeader(socket, pending)
      if (isHttp(firstBytes)) return onPlainHttp(socket, pending)
      socket.once('close', () => end(pending, 'ECONNRESET'))
      socket.unshift(firstBytes)
      context.run(pending, () => handOver?.call(server, socket))
    })
  })
}

/** What a client sends in its handshake OpenSSL reads and verifies among itself, so its bytes tell what it costs. */
function chargeBytes({ socket, admission }: Pending, freeBytes: number): void {
  if (socket.bytesRead > freeBytes) admission.charge((socket.bytesRead - freeBytes) / bytesPerHandshake)
}

/** The context lives as long as the connection; the bytes need not. */
function finish(pending: Pending | undefined): void {
  if (pending === undefined) return
  pending.isOver = true
  pending.firstBytes = Buffer.alloc(0)
}

/** Gives the first bytes, or nothing where none came in time; a peer that goes before is not told of. */
function awaitFirstByte(socket: Socket, onBytes: (bytes: Buffer | undefined) => void): void {
  const onError = () => socket.destroy()
  const timer = setTimeout(() => {
    socket.destroy()
    onBytes(undefined)
  }, firstByteMilliseconds)
  socket.on('error', onError)
  socket.once('close', () => clearTimeout(timer))
  socket.once('readable', () => {
    clearTimeout(timer)
    const bytes: Buffer | null = socket.read()
    if (bytes === null) return void socket.destroy()
    if (!isHttp(bytes) && !isProxyHeader(bytes)) socket.off('error', onError)
    onBytes(bytes)
  })
}

const isHttp = (bytes: Buffer): boolean =>
  bytes[0] !== handshakeRecord && /^[A-Z]{3}/.test(bytes.toString('latin1', 0, 3))
