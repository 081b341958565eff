import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import { normalizeRequest, opensWebSocket } from '../message/normalize-request.ts'
import type { Connections } from '../request-context/connections.ts'
import type { Sites } from './sites.ts'

/**
 * Brings every request of a server to the environment that its connection asked for: over HTTP/1.1 and
 * HTTP/2, with or without `Expect: 100-continue`, and those that want to change the protocol.
 */
export function dispatchRequests(
  server: Http2SecureServer,
  { connections }: { connections: Pick<Connections, 'find'> },
  sites: Sites,
): void {
  const dispatch = (request: IncomingMessage, response: ServerResponse, upgradeHead?: Buffer): void => {
    normalizeRequest(request)
    const connection = connections.find(request.socket)
    if (connection === undefined) response.destroy()
    else sites.find(connection.serverName).handleRequest(request, response, connection, upgradeHead)
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => dispatch(request, response)
  server.on('request', handle as never)
  // Whether a body may come is decided like everything else, before it is asked for.
  server.on('checkContinue', handle as never)
  // What a client expects beside is refused like everything else.
  server.on('checkExpectation', handle as never)
  // Node's server for HTTP/2 sets both itself, so that they are no options.
  Object.assign(server, { shouldUpgradeCallback: opensWebSocket, maxHeadersCount: everyHeader })
  const takeSocket = (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Answers to requests before it on the connection would come in the way of the new protocol.
    if ((connections.find(socket)?.active ?? 0) > 0) socket.destroy()
    else dispatch(request, answerOn(socket, request), head)
  }
  server.on('upgrade', takeSocket)
  // Of HTTP/2 comes an answer in place of the socket.
  server.on('connect', (request: IncomingMessage, socket: Socket | ServerResponse, head?: Buffer) => {
    if (head === undefined) handle(request, socket as ServerResponse)
    else takeSocket(request, socket as Socket, head)
  })
}

/** Those above a count Node would leave out; their size is limited. */
const everyHeader = 0

/** An answer on a socket that Node's server has let go of; the connection ends with it. */
function answerOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  socket.on('drain', () => response.emit('drain'))
  response.once('finish', () => socket.destroySoon())
  return response
}
