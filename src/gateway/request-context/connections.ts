import type { X509Certificate } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { constants, type Http2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type PresentedCertificate, readPresentedCertificate } from '../decision/presented-certificate.ts'
import type { Charged } from '../socket/charge.ts'
import { cutConnection } from '../socket/close-connection.ts'

const maxChainCertificates = 8
const maxChainBytes = 8192
const lastStream = 2 ** 31 - 1
/** How long a keep-alive connection remains open for a request that its client is about to send. */
const idleMs = 1000

/** A TLS connection and its properties after the handshake. */
export interface Connection {
  socket: TLSSocket
  /** HTTP/2 only. */
  session: Http2Session | undefined
  /** Undefined if the peer sent no certificate. */
  presented: PresentedCertificate | undefined
  tlsVersion: string
  cipher: string
  resumed: boolean
  clientAddress: string
  /** SNI */
  serverName: string | null
  /** Whether any request has arrived. */
  used: boolean
  /** Requests without a response yet. */
  active: number
  /** Whether the connection is closed after the next response, which must announce it. */
  closing: boolean
  /** Whether its certificate has been valid while it was open: then it is closed when the certificate expires. */
  wasValid: boolean
  /** Whether its certificate has been denied or has expired: later requests get no response. */
  isDenied: boolean
  /** Whether a response on it may be delimited by the end of the connection (RFC 9112, section 6.3). */
  endsAnswers: boolean
  /** The number of requests after that. */
  unread: number
  /** Where its costs are charged; undefined for a connection that is not limited. */
  admission: Charged | undefined
  /** Whether it is one of a reverse proxy, which is not for this process to close. */
  readonly isOfProxy: boolean
}

/** What keeps a gateway that stops waiting for a request, until its answer has ended. */
export interface RequestHold {
  /** The gateway need not wait any more, as for an answer that has no end of its own. */
  release(): void
}

/** The mark of a socket: an HTTP/2 request sees its socket through a proxy, which passes this property on. */
const mark = Symbol('connection')

/** Creates the set of a gateway's open connections, so that a revocation can close them. */
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
    /** Adds a socket after its handshake; its peer may be a load balancer that reported `clientAddress`. */
    open(socket: TLSSocket, clientAddress: string): Connection {
      // A body after its head must not wait until the client has acknowledged the head.
      socket.setNoDelay(true)
      const connection = readConnection(socket, clientAddress)
      connection.closing = draining
      Object.assign(socket, { [mark]: connection })
      open.add(connection)
      opened += 1
      socket.once('close', () => open.delete(connection))
      return connection
    },
    /** Finds the connection of a socket, also through HTTP/2; undefined once it is closed. */
    find: (socket: object | undefined): Connection | undefined =>
      (socket as { [mark]?: Connection } | undefined)?.[mark],
    /** Counts the open connections, and those that have been opened. */
    count: () => ({ connections: open.size, handshakes: opened }),
    /** Records the HTTP/2 session of a connection. */
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
    /** Closes every connection of a certificate, including streams within a response. Returns how many. */
    cut: (fingerprint: string): number => cut(({ presented }) => presented?.fingerprint === fingerprint),
    /** Closes the connections with a certificate for which `isMeant` returns true. Returns how many. */
    cutPresented: (isMeant: (presented: PresentedCertificate) => boolean): number =>
      cut(({ presented }) => presented !== undefined && isMeant(presented)),
    /**
     * Closes the connections whose certificate was valid and for which `hasEnded` returns true now. One that
     * was opened with such a certificate stays: its client gets an explanation, or what its organization
     * still allows.
     */
    cutEnded: (hasEnded: (presented: PresentedCertificate) => boolean): number =>
      cut((connection) => {
        if (connection.presented === undefined) return false
        if (hasEnded(connection.presented)) return connection.wasValid
        connection.wasValid = true
        return false
      }),
    /**
     * Lets requests finish for a while, then closes what remains. HTTP/1.1 cannot reject a request that is
     * already sent: such connections close with their next response, or when idle. `countSockets` returns how
     * many connections there are including those within the handshake.
     */
    async drain(milliseconds: number, countSockets: () => Promise<number>): Promise<void> {
      draining = true
      for (const connection of open) startClosing(connection)
      const started = performance.now()
      const elapsed = () => performance.now() - started
      while (elapsed() < milliseconds) {
        const isBeginning = elapsed() < idleMs
        if (!isBeginning) cut(({ active }) => active === 0)
        if (open.size === 0 && !(isBeginning && (await countSockets()) > 0)) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      cut(() => true)
    },
  }
}

/** Announces in the connection's protocol that it accepts no more requests. */
function startClosing(connection: Connection): void {
  const { session } = connection
  connection.closing = true
  if (session === undefined || session.destroyed) return
  // RFC 9113, section 6.8: first that it will end, then after a while from which stream on nothing is
  // processed.
  session.goaway(constants.NGHTTP2_NO_ERROR, lastStream)
  setTimeout(() => session.close(), idleMs / 2).unref()
}

export type Connections = ReturnType<typeof createConnections>

function readConnection(socket: TLSSocket, clientAddress: string): Connection {
  const certificate = socket.getPeerX509Certificate()
  return {
    socket,
    session: undefined,
    presented:
      certificate && readPresentedCertificate(new Uint8Array(certificate.raw), readChain(certificate)),
    tlsVersion: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    resumed: socket.isSessionReused(),
    clientAddress,
    // Node returns false if the peer sent no server name.
    serverName: (socket as { servername?: string | false }).servername || null,
    used: false,
    active: 0,
    closing: false,
    wasValid: false,
    isDenied: false,
    endsAnswers: false,
    unread: 0,
    admission: undefined,
    isOfProxy: false,
  }
}

/** Returns the certificates after the leaf, as far as they are read. */
function readChain({ issuerCertificate }: X509Certificate): Uint8Array[] {
  const chain: Uint8Array[] = []
  let bytes = 0
  for (let next = issuerCertificate; next && chain.length < maxChainCertificates; ) {
    bytes += next.raw.length
    if (bytes > maxChainBytes) break
    chain.push(next.raw)
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate
  }
  return chain
}
