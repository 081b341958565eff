import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import { normalizeRequest, opensWebSocket } from '../message/normalize-request.ts'
import type { Connections } from '../request-context/connections.ts'
import type { VirtualHosts } from './virtual-hosts.ts'

/**
 * Routes every request of a server to the environment of its connection: over HTTP/1.1 and HTTP/2, with or
 * without `Expect: 100-continue`, and protocol upgrades.
 */
export function dispatchRequests(
  server: Http2SecureServer,
  { connections }: { connections: Pick<Connections, 'find'> },
  virtualHosts: VirtualHosts,
): void {
  const dispatch = (request: IncomingMessage, response: ServerResponse, upgradeHead?: Buffer): void => {
    normalizeRequest(request)
    const connection = connections.find(request.socket)
    if (connection === undefined) response.destroy()
    else virtualHosts.find(connection.serverName).handleRequest(request, response, connection, upgradeHead)
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => dispatch(request, response)
  server.on('request', handle as never)
  // Whether a body may be sent is decided before the client is asked for it.
  server.on('checkContinue', handle as never)
  // Other expectations are rejected like everything else.
  server.on('checkExpectation', handle as never)
  // Node's HTTP/2 server sets both itself, so they are not options.
  Object.assign(server, { shouldUpgradeCallback: opensWebSocket, maxHeadersCount: everyHeader })
  const takeSocket = (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Responses to earlier requests on the connection would be mixed with the new protocol.
    if ((connections.find(socket)?.active ?? 0) > 0) socket.destroy()
    else dispatch(request, answerOn(socket, request), head)
  }
  server.on('upgrade', takeSocket)
  // HTTP/2 passes a response instead of the socket.
  server.on('connect', (request: IncomingMessage, socket: Socket | ServerResponse, head?: Buffer) => {
    if (head === undefined) handle(request, socket as ServerResponse)
    else takeSocket(request, socket as Socket, head)
  })
}

/** Node would omit headers above a count; their size is limited. */
const everyHeader = 0

/** Creates a response on a socket that Node's server has released; the connection ends with it. */
function answerOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  socket.on('drain', () => response.emit('drain'))
  response.once('finish', () => socket.destroySoon())
  return response
}
