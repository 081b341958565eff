import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FailureReport } from '../log/report-failures.ts'
import {
  type ConnectionProblem,
  type ConnectionRecordDependencies,
  recordBareConnection,
  recordBrokenConnection,
} from '../observation/record-connection.ts'
import type { Connection, Connections } from '../request-context/connections.ts'
import { type ListenAddress, type Listening, listenAt } from '../socket/listen-at.ts'
import { readClientHello } from './client-hello.ts'
import { dispatchRequests } from './dispatch-requests.ts'
import { explainHandshake } from './explain-handshake.ts'
import type { Admission, UnauthenticatedLimiter } from './limit-unauthenticated.ts'
import { rejectMalformed } from './reject-malformed.ts'
import { rejectPlainHttp, rejectProxyHeader } from './reject-other-protocols.ts'
import { serverOptions } from './tls-options.ts'
import { createVirtualHosts, type VirtualHost, type VirtualHosts } from './virtual-hosts.ts'
import { type Greeting, watchHandshakes } from './watch-handshakes.ts'

/** What the port needs beside its environments. */
export interface ListenerDependencies extends ConnectionRecordDependencies {
  connections: Connections
  /** Limits what clients without an accepted certificate may do. */
  unauthenticatedLimiter: UnauthenticatedLimiter
  /** Returns whether the certificate of a connection is registered and valid. */
  isAccepted(connection: Connection | undefined): boolean
  /** Counts a handshake if its certificate is known. */
  countHandshake(connection: Connection): void
  /** Returns whether a load balancer at an address reports clients by the PROXY protocol. */
  sendsProxyHeader(address: string): boolean
  report: Pick<FailureReport, 'proxyHeaderFailed'>
}

const idleSessionMs = 300_000

/** A listening port of one environment, or of several. */
export interface Listener extends Listening {
  port: number
  /** Sends the current issuers to new clients; open connections are not affected. */
  reload(): void
  /** Reloads server certificates from their files; returns one sentence for each unusable pair. */
  readFiles(): string[]
  /** Returns the server certificate in use of each environment; `notAfter` in milliseconds since 1970. */
  listCertificates: VirtualHosts['listCertificates']
}

/**
 * Opens the TLS port of one environment, or of several that are selected by server name (SNI). A client
 * without a name or with an unknown one gets the first. Throws `config_invalid` if a server certificate is
 * unusable, and the system's error if the port is unavailable.
 */
export async function openListener(
  dependencies: ListenerDependencies,
  all: readonly VirtualHost[],
  address: ListenAddress,
): Promise<Listener> {
  const { connections } = dependencies
  const virtualHosts = createVirtualHosts(all, dependencies)
  const server = createSecureServer({ ...serverOptions, ...virtualHosts.tlsOptions() })
  dispatchRequests(server, dependencies, virtualHosts)
  followSessions(server, dependencies, virtualHosts)
  watchHandshakes(server, {
    sendsProxyHeader: dependencies.sendsProxyHeader,
    onUnannounced: dependencies.report.proxyHeaderFailed,
    onHandshake: (socket, clientAddress) =>
      followConnection(dependencies, virtualHosts, socket, clientAddress),
    admit: (clientAddress) => admitClient(dependencies, virtualHosts, clientAddress),
    onSecure: (socket, admission) => {
      const connection = connections.find(socket)
      const isAccepted = dependencies.isAccepted(connection)
      if (isAccepted) admission.accept()
      else if (connection !== undefined) connection.admission = admission
      return isAccepted
    },
    onPlainHttp: (socket, greeting) =>
      rejectPlainHttp(dependencies, virtualHosts.find(null).environment, socket, greeting),
    onProxyHeader: (socket, greeting) =>
      rejectProxyHeader(dependencies, virtualHosts.find(null).environment, socket, greeting),
    onBroken: (greeting, errorCode) => recordBroken(dependencies, virtualHosts, greeting, errorCode),
  })
  const listening = await listenAt(server, address)
  return {
    port: (server.address() as AddressInfo).port,
    reload: () => server.setSecureContext(virtualHosts.reload()),
    listCertificates: virtualHosts.listCertificates,
    readFiles() {
      const problems = virtualHosts.readFiles()
      server.setSecureContext(virtualHosts.reload())
      return problems
    },
    ...listening,
  }
}

function followConnection(
  dependencies: ListenerDependencies,
  virtualHosts: VirtualHosts,
  socket: TLSSocket,
  clientAddress: string,
): void {
  const connection = dependencies.connections.open(socket, clientAddress)
  dependencies.countHandshake(connection)
  socket.on('error', () => socket.destroy())
  // For HTTP/2 the later end of the session tells more.
  socket.once('close', () => {
    if (connection.session === undefined) recordUnused(dependencies, virtualHosts, connection)
  })
}

function followSessions(
  server: Http2SecureServer,
  dependencies: ListenerDependencies,
  virtualHosts: VirtualHosts,
): void {
  const { connections } = dependencies
  server.on('session', (session: ServerHttp2Session) => {
    const connection = connections.find(session.socket)
    if (connection !== undefined) connections.attach(connection, session)
    session.on('error', (error: NodeJS.ErrnoException) => {
      session.destroy()
      if (connection !== undefined && error.errno === notHttp2)
        recordUnused(dependencies, virtualHosts, connection, otherThanHttp2)
    })
    session.once('close', () => {
      if (connection !== undefined) recordUnused(dependencies, virtualHosts, connection)
    })
    session.setTimeout(idleSessionMs, () => session.close())
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.find(socket)
    if (connection === undefined) socket.destroy()
    else
      rejectMalformed(dependencies, virtualHosts.find(connection.serverName).environment, connection, error)
  })
  server.on('sessionError', () => {})
}

/** An error of nghttp2: the first bytes are not the HTTP/2 connection preface (RFC 9113, section 3.4). */
const notHttp2 = -903

const otherThanHttp2 = {
  code: 'tls_alpn_unsupported',
  explanation:
    'The client agreed on HTTP/2 in the TLS handshake (ALPN) but used another protocol. Configure the client to offer only http/1.1, or no ALPN.',
} as const

/** Records a connection without a request once, with the first known problem. */
function recordUnused(
  dependencies: ListenerDependencies,
  virtualHosts: VirtualHosts,
  connection: Connection,
  problem?: ConnectionProblem,
): void {
  if (connection.used) return
  connection.used = true
  recordBareConnection(
    dependencies,
    virtualHosts.find(connection.serverName).environment,
    connection,
    problem,
  )
}

function admitClient(
  dependencies: ListenerDependencies,
  virtualHosts: VirtualHosts,
  clientAddress: string,
): Admission | undefined {
  const admission = dependencies.unauthenticatedLimiter.admit(clientAddress)
  if (admission === undefined && dependencies.unauthenticatedLimiter.shouldReport(clientAddress)) {
    const { environment } = virtualHosts.find(null)
    const explanation = `${clientAddress} opened too many connections without an accepted certificate. New connections are closed until the rate drops. Find the client that keeps reconnecting.`
    const peer = { clientAddress, serverName: null }
    recordBrokenConnection(dependencies, environment, peer, { code: 'address_limited', explanation })
  }
  return admission
}

function recordBroken(
  dependencies: ListenerDependencies,
  virtualHosts: VirtualHosts,
  { clientAddress, firstBytes }: Greeting,
  errorCode: string | undefined,
): void {
  const hello = readClientHello(firstBytes)
  const serverName = hello?.serverName ?? null
  const { environment } = virtualHosts.find(serverName)
  recordBrokenConnection(
    dependencies,
    environment,
    { clientAddress, serverName },
    explainHandshake(errorCode, hello),
  )
}
