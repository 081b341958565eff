import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import { type AddressInfo, Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { explainHandshake } from './explain-refusal.ts'
import { inspectFirstByte } from './first-byte.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import { createRequestHandler } from './handle-request.ts'
import { problemOf } from './problem-reply.ts'
import { recordBareConnection, recordBrokenConnection } from './record-connection.ts'
import { readSecureContext, type ServerFiles, serverOptions } from './tls-options.ts'

const idleSessionMilliseconds = 300_000

/** A listening port of one environment. */
export interface Listener {
  port: number
  /** Reads server certificate and issuers again; connections that are open stay as they are. */
  reload(): void
  /** Takes no more connections; those that are open go on. */
  stop(): void
  /** Gives up what is left of it. */
  close(): void
}

/** What a listener listens on. */
export interface ListenOptions {
  host: string
  files: ServerFiles
}

/** Opens the TLS port of an environment. Throws the error of the system where the port cannot be had. */
export async function openListener(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  { host, files }: ListenOptions,
): Promise<Listener> {
  const readContext = () =>
    readSecureContext(
      files,
      parts.registry.listIssuers().map((issuer) => issuer.der),
    )
  const server = createSecureServer({ ...serverOptions, ...readContext() })
  const handler = createRequestHandler(parts, environment)
  server.on('request', handler as never)
  // Whether a body may come is decided like everything else, before it is asked for.
  server.on('checkContinue', handler as never)
  followConnections(server, parts, environment)
  inspectFirstByte(server, (socket) => refusePlainHttp(parts, environment, socket))
  await listen(server, environment.gatewayPort, host)
  return {
    port: (server.address() as AddressInfo).port,
    reload: () => server.setSecureContext(readContext()),
    // The server's own way would cut idle connections on which a request may be under way.
    stop: () => void Server.prototype.close.call(server),
    close: () => void server.close(),
  }
}

function followConnections(
  server: Http2SecureServer,
  parts: ListenerParts,
  environment: GatewayEnvironment,
): void {
  const { connections } = parts
  // Before the server's own listener, which starts to read requests.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const connection = connections.open(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (!connection.used) recordBareConnection(parts, environment, connection)
    })
  })
  server.on('session', (session: ServerHttp2Session) => {
    const connection = connections.find(session.socket)
    if (connection !== undefined) connection.session = session
    session.on('error', () => session.destroy())
    session.setTimeout(idleSessionMilliseconds, () => session.close())
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const explanation = explainHandshake(error.code)
    recordBrokenConnection(parts, environment, socket, 'tls_handshake_failed', explanation)
  })
  server.on('clientError', (_error: Error, socket: Socket) => socket.destroy())
  server.on('sessionError', () => {})
}

function refusePlainHttp(parts: ListenerParts, environment: GatewayEnvironment, socket: Socket): void {
  const detail = `This port speaks TLS, and the request came as plain HTTP. Use https:// in the address: ${environment.gatewayUrl}`
  const traceId = recordBrokenConnection(parts, environment, socket, 'plain_http_on_tls_port', detail)
  if (environment.refusals === 'drop') return void socket.destroy()
  const body = JSON.stringify(problemOf('plain_http_on_tls_port', detail, traceId))
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  socket.resume()
  setTimeout(() => socket.destroy(), 1000).unref()
}

function listen(server: Http2SecureServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Processes share the port: the kernel deals out the connections.
    server.listen({ port, host, reusePort: process.platform === 'linux' }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
