import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { sourceOf } from '../client-source.ts'

/** How many connections a listener holds. */
export interface ConnectionLimits {
  total: number
  /** For one IPv4 address or one IPv6 network of 64 bits; 0 means no limit of its own. */
  perAddress: number
  /** Whose connections are those of many clients: the limit for one address is not theirs. */
  isProxy(address: string): boolean
}

/** One connection, and the requests that came on it. */
interface Connection {
  socket: Socket
  source: Source
  requests: Map<IncomingMessage, ServerResponse>
  /** Counts the events of the listener: the lower, the longer nothing has happened here. */
  lastEvent: number
}

/** The connections of one address, the one first on which nothing has happened for the longest. */
interface Source {
  key: string
  connections: Map<Socket, Connection>
}

/** What is known of the connections of a listener. */
export interface ConnectionGuard {
  /** Whether words on the socket would fall into an answer, or come before it. */
  isAnswering(socket: Socket): boolean
  /**
   * Ends connections that ask nothing: those on which nothing came yet after a moment, and the others as soon as
   * their last answer is sent. Node itself ends those that wait for another request.
   */
  endIdle(): void
}

/** The first request of a new connection may be on its way. */
const firstRequestMilliseconds = 250

/**
 * Holds a listener to its limits. What comes when they are reached is let in, and in its place goes the connection
 * that has waited the longest for its client, of the address that has the most: who opens many silent ones closes
 * their own, and no request that Postern works on is cut. Where nothing waits the new connection is closed.
 */
export function guardConnections(
  server: Server,
  limits: ConnectionLimits,
  onLimit: (address: string) => void,
): ConnectionGuard {
  const sources = new Map<string, Source>()
  const known = new Map<Socket, Connection>()
  let events = 0
  let isEnding = false

  const touch = (connection: Connection): void => {
    const { socket, source } = connection
    if (!known.has(socket)) return
    connection.lastEvent = ++events
    source.connections.delete(socket)
    source.connections.set(socket, connection)
  }
  const forget = ({ socket, source }: Connection): void => {
    known.delete(socket)
    source.connections.delete(socket)
    if (source.connections.size === 0) sources.delete(source.key)
  }
  const makeRoom = (address: string, from: Iterable<Source>): boolean => {
    onLimit(address)
    const victim = findLongestWaiting(from)
    if (victim === undefined) return false
    forget(victim)
    victim.socket.destroy()
    return true
  }
  const admit = (socket: Socket): boolean => {
    const address = socket.remoteAddress
    if (address === undefined) return false
    const key = sourceOf(address)
    const own = sources.get(key)
    const isCrowded = limits.perAddress > 0 && (own?.connections.size ?? 0) >= limits.perAddress
    if (own !== undefined && isCrowded && !limits.isProxy(address) && !makeRoom(address, [own])) return false
    if (known.size >= limits.total && !makeRoom(address, sources.values())) return false
    const source = sources.get(key) ?? { key, connections: new Map() }
    sources.set(key, source)
    const connection = { socket, source, requests: new Map(), lastEvent: 0 }
    known.set(socket, connection)
    touch(connection)
    socket.once('close', () => known.has(socket) && forget(connection))
    return true
  }

  server.on('connection', (socket: Socket) => {
    if (!admit(socket)) socket.destroy()
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = known.get(request.socket)
    if (connection === undefined) return
    connection.requests.set(request, response)
    touch(connection)
    response.once('close', () => {
      connection.requests.delete(request)
      touch(connection)
      if (isEnding && connection.requests.size === 0) connection.socket.destroySoon()
    })
  })
  return {
    isAnswering: (socket) =>
      [...(known.get(socket)?.requests ?? [])].some(
        ([request, response]) => request.complete || response.headersSent,
      ),
    endIdle() {
      isEnding = true
      setTimeout(() => {
        for (const { socket } of known.values()) if (socket.bytesRead === 0) socket.destroySoon()
      }, firstRequestMilliseconds).unref()
    },
  }
}

/** Nothing where Postern is at work on all of them. */
function findLongestWaiting(sources: Iterable<Source>): Connection | undefined {
  let found: Connection | undefined
  for (const source of sources) {
    const most = found?.source.connections.size ?? 0
    if (source.connections.size < most) continue
    const own = findWaiting(source)
    if (own === undefined) continue
    if (source.connections.size > most || own.lastEvent < (found?.lastEvent ?? 0)) found = own
  }
  return found
}

/** First one without a whole request, else one whose client does not read its answer. */
function findWaiting({ connections }: Source): Connection | undefined {
  let blocked: Connection | undefined
  for (const connection of connections.values()) {
    if (![...connection.requests.keys()].some(({ complete }) => complete)) return connection
    if (connection.socket.writableLength > 0) blocked ??= connection
  }
  return blocked
}
