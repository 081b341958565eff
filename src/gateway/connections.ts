import type { Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type Presented, readPresented } from './presented.ts'

const mostChainCertificates = 8
const drainMilliseconds = 5000

/** A TLS connection with what is known of it once its handshake is done. */
export interface Connection {
  socket: TLSSocket
  /** Only with HTTP/2. */
  session: Http2Session | undefined
  /** Nothing where the peer sent no certificate. */
  presented: Presented | undefined
  tlsVersion: string
  cipher: string
  resumed: boolean
  clientAddress: string
  /** SNI */
  serverName: string | null
  /** Whether any request has come. */
  used: boolean
  /** Requests that are not answered yet. */
  active: number
}

/** Marks the socket: with HTTP/2 a request sees its socket through a proxy, which lets this through. */
const mark = Symbol('connection')

/** The open connections of a gateway, so that a revocation can cut them. */
export function createConnections() {
  const open = new Set<Connection>()
  let draining = false

  const cut = (isMeant: (connection: Connection) => boolean): number => {
    let count = 0
    for (const connection of open) {
      if (!isMeant(connection)) continue
      connection.session?.destroy()
      connection.socket.destroy()
      count += 1
    }
    return count
  }

  return {
    /** Takes in a socket whose handshake is done. */
    open(socket: TLSSocket): Connection {
      const connection = readConnection(socket)
      Object.assign(socket, { [mark]: connection })
      open.add(connection)
      socket.once('close', () => open.delete(connection))
      return connection
    },
    /** The connection of a socket, also seen through HTTP/2; nothing once it is gone. */
    find: (socket: object | undefined): Connection | undefined =>
      (socket as { [mark]?: Connection } | undefined)?.[mark],
    /** Whether a connection is to be closed after the answer. */
    isDraining: () => draining,
    /** Counts a request that starts; give it back with {@link leave}. */
    enter(connection: Connection): void {
      connection.used = true
      connection.active += 1
    },
    /** Counts a request that has ended; while draining the connection goes with the last one. */
    leave(connection: Connection): void {
      connection.active -= 1
      if (draining && connection.active === 0) endGently(connection)
    },
    /** Destroys every connection of a certificate, streams in the middle of an answer too. Gives how many. */
    cut: (fingerprint: string): number => cut(({ presented }) => presented?.fingerprint === fingerprint),
    /** Destroys the connections whose certificate ended before `now`. */
    cutEnded: (hasEnded: (presented: Presented) => boolean): number =>
      cut(({ presented }) => presented !== undefined && hasEnded(presented)),
    /** Lets requests finish for a while, then closes what is left. */
    async drain(): Promise<void> {
      draining = true
      for (const connection of open) if (connection.active === 0) endGently(connection)
      const end = Date.now() + drainMilliseconds
      while (open.size > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
      cut(() => true)
    },
    size: () => open.size,
  }
}

export type Connections = ReturnType<typeof createConnections>

/** Closes a connection after what has been written; one that the peer holds open is destroyed a second later. */
export function endGently({ socket, session }: Connection): void {
  if (session === undefined) socket.end()
  else session.close()
  setTimeout(() => socket.destroy(), 1000).unref()
}

function readConnection(socket: TLSSocket): Connection {
  const certificate = socket.getPeerX509Certificate()
  const chain: Uint8Array[] = []
  for (let next = certificate?.issuerCertificate; next && chain.length < mostChainCertificates; ) {
    chain.push(next.raw)
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return {
    socket,
    session: undefined,
    presented: certificate && readPresented(new Uint8Array(certificate.raw), chain),
    tlsVersion: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    resumed: socket.isSessionReused(),
    clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
    // Node gives false where the peer named no server.
    serverName: (socket as { servername?: string | false }).servername || null,
    used: false,
    active: 0,
  }
}
