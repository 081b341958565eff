import type { X509Certificate } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { constants, type Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type Presented, readPresented } from '../decision/presented.ts'
import type { Charged } from '../socket/charge.ts'
import { cutConnection } from '../socket/close-connection.ts'

const mostChainCertificates = 8
const mostChainBytes = 8192
const lastStream = 2 ** 31 - 1
/** How long a kept-alive connection may still bring the request that its client is about to send. */
const idleMilliseconds = 1000

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
  /** Whether the connection is to be closed after the next answer, which has to say so. */
  closing: boolean
  /** Whether its certificate has been refused, or has ended: what comes after is not answered. */
  isRefused: boolean
  /** Whether an answer on it may have no end but that of the connection (RFC 9112, 6.3). */
  endsAnswers: boolean
  /** Requests that have come after that. */
  unread: number
  /** What it costs is charged here; undefined for a connection that is not limited. */
  admission: Charged | undefined
  /** Whether it is one of a reverse proxy, which is not for this process to close. */
  readonly isOfProxy: boolean
}

/** What keeps a gateway that stops waiting for a request, until its answer has ended. */
export interface RequestHold {
  /** The gateway need not wait any more, as for an answer that has no end of its own. */
  release(): void
}

/** Marks the socket: with HTTP/2 a request sees its socket through a proxy, which lets this through. */
const mark = Symbol('connection')

/** The open connections of a gateway, so that a revocation can cut them. */
export function createConnections() {
  const open = new Set<Connection>()
  let draining = false
  let opened = 0

  const cut = (isMeant: (connection: Connection) => boolean): number => {
    let count = 0
    for (const connection of open) {
      if (!isMeant(connection)) continue
      cutConnection(connection)
      count += 1
    }
    return count
  }

  return {
    /** Takes in a socket whose handshake is done. */
    open(socket: TLSSocket): Connection {
      // A body that follows its head must not wait until the client has acknowledged the head.
      socket.setNoDelay(true)
      const connection = readConnection(socket)
      connection.closing = draining
      Object.assign(socket, { [mark]: connection })
      open.add(connection)
      opened += 1
      socket.once('close', () => open.delete(connection))
      return connection
    },
    /** The connection of a socket, also seen through HTTP/2; nothing once it is gone. */
    find: (socket: object | undefined): Connection | undefined =>
      (socket as { [mark]?: Connection } | undefined)?.[mark],
    /** How many are open, and how many have been opened. */
    count: () => ({ connections: open.size, handshakes: opened }),
    /** Notes the HTTP/2 session of a connection. */
    attach(connection: Connection, session: Http2Session): void {
      connection.session = session
      if (draining) startClosing(connection)
    },
    /** Counts a request until its answer has ended, or it is let go: a gateway that stops waits for those that are counted. */
    hold(connection: Connection, response: ServerResponse): RequestHold {
      connection.used = true
      connection.active += 1
      let isCounted = true
      const release = () => {
        if (isCounted) connection.active -= 1
        isCounted = false
      }
      response.once('close', release)
      return { release }
    },
    /** Cuts every connection of a certificate, streams in the middle of an answer too. Gives how many. */
    cut: (fingerprint: string): number => cut(({ presented }) => presented?.fingerprint === fingerprint),
    /** Cuts the connections whose certificate ended before `now`. */
    cutEnded: (hasEnded: (presented: Presented) => boolean): number =>
      cut(({ presented }) => presented !== undefined && hasEnded(presented)),
    /**
     * Lets requests finish for a while, then closes what is left. HTTP/1.1 has no way to say that a request on
     * the wire comes too late: such connections close with their next answer, or when idle. `countSockets`
     * gives how many connections there are with those whose handshake is still under way.
     */
    async drain(milliseconds: number, countSockets: () => Promise<number>): Promise<void> {
      draining = true
      for (const connection of open) startClosing(connection)
      const started = performance.now()
      const elapsed = () => performance.now() - started
      while (elapsed() < milliseconds) {
        const isBeginning = elapsed() < idleMilliseconds
        if (!isBeginning) cut(({ active }) => active === 0)
        if (open.size === 0 && !(isBeginning && (await countSockets()) > 0)) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      cut(() => true)
    },
  }
}

/** Says that the connection takes no more requests, in the words of its protocol. */
function startClosing(connection: Connection): void {
  const { session } = connection
  connection.closing = true
  if (session === undefined || session.destroyed) return
  // RFC 9113, 6.8: first that it will end, then after a while from which stream on nothing is answered.
  session.goaway(constants.NGHTTP2_NO_ERROR, lastStream)
  setTimeout(() => session.close(), idleMilliseconds / 2).unref()
}

export type Connections = ReturnType<typeof createConnections>

function readConnection(socket: TLSSocket): Connection {
  const certificate = socket.getPeerX509Certificate()
  return {
    socket,
    session: undefined,
    presented: certificate && readPresented(new Uint8Array(certificate.raw), readChain(certificate)),
    tlsVersion: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    resumed: socket.isSessionReused(),
    clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''),
    // Node gives false where the peer named no server.
    serverName: (socket as { servername?: string | false }).servername || null,
    used: false,
    active: 0,
    closing: false,
    isRefused: false,
    endsAnswers: false,
    unread: 0,
    admission: undefined,
    isOfProxy: false,
  }
}

/** What came beside the certificate, as far as anybody looks at it. */
function readChain({ issuerCertificate }: X509Certificate): Uint8Array[] {
  const chain: Uint8Array[] = []
  let bytes = 0
  for (let next = issuerCertificate; next && chain.length < mostChainCertificates; ) {
    bytes += next.raw.length
    if (bytes > mostChainBytes) break
    chain.push(next.raw)
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return chain
}
