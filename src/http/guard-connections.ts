import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getClientSource } from '../client-source.ts'

/** Maximum number of connections of a listener. */
export interface ConnectionLimits {
  total: number
  /** For one IPv4 address or one IPv6 /64 network; 0 means no separate limit. */
  perAddress: number
  /** Whether an address serves many clients: the limit per address does not apply to it. */
  isProxy(address: string): boolean
}

/** One connection and its requests. */
interface Connection {
  socket: Socket
  source: Source
  requests: Map<IncomingMessage, ServerResponse>
  /**
   * Sequence number in the events of the listener: the lowest belongs to the connection that has been
   * inactive for the longest time.
   */
  lastEvent: number
}

/** The connections of one address, the longest inactive first. */
interface Source {
  key: string
  connections: Map<Socket, Connection>
}

/** The state that a listener keeps about its connections. */
export interface ConnectionGuard {
  /** Whether bytes written to the socket would fall into or before an answer. */
  isAnswering(socket: Socket): boolean
  /**
   * Ends idle connections: those without any byte after a moment, and the others as soon as their last answer
   * is sent. Node itself ends those that wait for another request.
   */
  endIdle(): void
}

/** The first request of a new connection may be on its way for this time. */
const firstRequestMs = 250

/**
 * Enforces the connection limits of a listener. At the limit, a new connection replaces the one that has
 * waited the longest for its client, of the address with the most connections: a client that opens many
 * silent connections loses its own, and no request in progress is cut off. If no connection is waiting, the
 * new connection is closed.
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
    const key = getClientSource(address)
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
      }, firstRequestMs).unref()
    },
  }
}

/** Returns undefined if every connection has a request in progress. */
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

/** Returns a connection without a complete request, or else one whose client does not read its answer. */
function findWaiting({ connections }: Source): Connection | undefined {
  let blocked: Connection | undefined
  for (const connection of connections.values()) {
    if (![...connection.requests.keys()].some(({ complete }) => complete)) return connection
    if (connection.socket.writableLength > 0) blocked ??= connection
  }
  return blocked
}
