import { AsyncLocalStorage } from 'node:async_hooks'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { isProxyHeader } from '../../proxy-header.ts'
import { type Announced, awaitProxyHeader } from './await-proxy-header.ts'
import type { Admission } from './limit-unauthenticated.ts'

const handshakeRecord = 0x16
const firstByteMs = 10_000

/** A connection within its TLS handshake. */
export interface Greeting {
  /** Read immediately: a socket that was reset no longer has an address. */
  clientAddress: string
  /** Whether a load balancer has reported that address. */
  isAnnounced: boolean
  /** The first bytes; for a TLS client usually its complete ClientHello. */
  firstBytes: Buffer
  admission: Admission
}

/** What happens to connections that do not complete a TLS handshake. */
export interface HandshakeHandlers {
  /** Returns whether connections from an address start with a header of the PROXY protocol. */
  sendsProxyHeader(address: string): boolean
  /** Called for a load balancer that sends no usable header; its connection is closed then. */
  onUnannounced(address: string, announced: Announced & { ok: false }): void
  /** Accepts a new connection; undefined if it is to be closed without a response. */
  admit(clientAddress: string): Admission | undefined
  /** Called after the handshake, before the server reads requests. */
  onHandshake(socket: TLSSocket, clientAddress: string): void
  /** Called after that; `admission` is accepted if its certificate is. Returns whether it is. */
  onSecure(socket: TLSSocket, admission: Admission): boolean
  onPlainHttp(socket: Socket, greeting: Greeting): void
  /** Called for a PROXY protocol header where none is expected. */
  onProxyHeader(socket: Socket, greeting: Greeting): void
  /** `errorCode` is that of Node's error. Called once per connection. */
  onBroken(greeting: Greeting, errorCode: string | undefined): void
}

interface Pending extends Greeting {
  isOver: boolean
  /** The connection below TLS. */
  socket: Socket
  /** The length of the header of a load balancer, which is not for its client to pay. */
  headerOctets: number
}

/** A ClientHello with hybrid keys, a certificate and its issuer need less; the excess is charged. */
const ordinaryBytes = 4096
/** Above this a client is charged even if its certificate is accepted. */
const acceptedBytes = 8192
const bytesPerHandshake = 1024

/**
 * Reads the PROXY protocol header of connections that have to start with one, then the first byte of each new
 * connection of a TLS server: what starts like an HTTP request is passed to
 * `onPlainHttp`, a PROXY protocol header to `onProxyHeader`, and everything else to TLS, which continues from
 * the first byte. Reports every failed handshake, even if the peer has disconnected. A connection that is
 * closed before its first byte, such as a load balancer's health check, is not reported.
 */
export function watchHandshakes(server: Server, handlers: HandshakeHandlers): void {
  const { onSecure, onPlainHttp, onProxyHeader, onBroken } = handlers
  const [handOver] = server.listeners('connection')
  // TLS events of a connection do not identify it, but they run in the async context of its first bytes.
  const context = new AsyncLocalStorage<Pending>()
  const end = (pending: Pending, errorCode: string | undefined) => {
    if (!pending.isOver) {
      chargeBytes(pending, ordinaryBytes)
      onBroken(pending, errorCode)
    }
    finish(pending)
  }
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const pending = context.getStore()
    handlers.onHandshake(socket, pending?.clientAddress ?? addressOf(socket))
    finish(pending)
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    const pending = context.getStore()
    if (pending === undefined) return
    chargeBytes(pending, onSecure(socket, pending.admission) ? acceptedBytes : ordinaryBytes)
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    const pending = context.getStore()
    // Without a context the peer has closed the connection, which its close event reports below.
    if (pending !== undefined) end(pending, error.code)
  })
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    admitClient(socket, handlers, (pending, rest) => {
      awaitFirstByte(socket, rest, (firstBytes) => {
        if (firstBytes === undefined) return end(pending, 'ERR_TLS_HANDSHAKE_TIMEOUT')
        pending.firstBytes = firstBytes
        if (isProxyHeader(firstBytes)) return onProxyHeader(socket, pending)
        if (isHttp(firstBytes)) return onPlainHttp(socket, pending)
        socket.once('close', () => end(pending, 'ECONNRESET'))
        socket.unshift(firstBytes)
        context.run(pending, () => handOver?.call(server, socket))
      })
    })
  })
}

const addressOf = (socket: Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')

/**
 * Calls `onAdmitted` for a connection that may begin its handshake, with what has already arrived of it; closes
 * any other. Limits count the client that a load balancer reports, never the load balancer.
 */
function admitClient(
  socket: Socket,
  { sendsProxyHeader, onUnannounced, admit }: HandshakeHandlers,
  onAdmitted: (pending: Pending, rest: Buffer) => void,
): void {
  const peerAddress = addressOf(socket)
  const begin = (clientAddress: string, headerOctets: number, rest: Buffer): void => {
    const admission = admit(clientAddress)
    if (admission === undefined) return void socket.destroy()
    socket.once('close', admission.end)
    const isAnnounced = headerOctets > 0
    const firstBytes = Buffer.alloc(0)
    const pending = { clientAddress, isAnnounced, firstBytes, isOver: false, admission, socket, headerOctets }
    onAdmitted(pending, rest)
  }
  if (sendsProxyHeader(peerAddress))
    awaitProxyHeader(socket, (announced) => {
      if (announced.ok) begin(announced.clientAddress ?? peerAddress, announced.octets, announced.rest)
      else {
        socket.destroy()
        onUnannounced(peerAddress, announced)
      }
    })
  else begin(peerAddress, 0, Buffer.alloc(0))
}

/** Charges the size of the handshake, which indicates its cost: OpenSSL reads and verifies it internally. */
function chargeBytes({ socket, admission, headerOctets }: Pending, freeBytes: number): void {
  const excess = socket.bytesRead - headerOctets - freeBytes
  if (excess > 0) admission.charge(excess / bytesPerHandshake)
}

/** Ends a handshake; its context is kept as long as the connection, so the first bytes are dropped. */
function finish(pending: Pending | undefined): void {
  if (pending === undefined) return
  pending.isOver = true
  pending.firstBytes = Buffer.alloc(0)
}

/**
 * Returns the first bytes, `rest` if there are any; undefined if none came in time. A peer that disconnects
 * before is not reported.
 */
function awaitFirstByte(socket: Socket, rest: Buffer, onBytes: (bytes: Buffer | undefined) => void): void {
  const onError = () => socket.destroy()
  const pass = (bytes: Buffer): void => {
    if (!isHttp(bytes) && !isProxyHeader(bytes)) socket.off('error', onError)
    onBytes(bytes)
  }
  socket.on('error', onError)
  if (rest.length > 0) {
    pass(rest)
    return
  }
  const timer = setTimeout(() => {
    socket.destroy()
    onBytes(undefined)
  }, firstByteMs)
  socket.once('close', () => clearTimeout(timer))
  socket.once('readable', () => {
    clearTimeout(timer)
    const bytes: Buffer | null = socket.read()
    if (bytes === null) return void socket.destroy()
    pass(bytes)
  })
}

const isHttp = (bytes: Buffer): boolean =>
  bytes[0] !== handshakeRecord && /^[A-Z]{3}/.test(bytes.toString('latin1', 0, 3))
