import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a WSGI or CGI program receives it. */
export interface FoldedCall {
  method: string
  /** As in the request line. */
  target: string
  /** The variables of RFC 3875, section 4.1.18, with every value whose name maps to the same variable. */
  variables: Map<string, string[]>
}

/** An API that reads headers as WSGI and CGI do, and accepts every WebSocket and echoes its bytes. */
export interface FoldingApi {
  port: number
  url: string
  calls: FoldedCall[]
  [Symbol.asyncDispose](): Promise<void>
}

export async function openFoldingApi(): Promise<FoldingApi> {
  const calls: FoldedCall[] = []
  const server = createServer((request, response) => {
    calls.push(fold(request))
    request.resume().once('end', () => response.end('called'))
  })
  server.on('upgrade', (request, socket) => {
    calls.push(fold(request))
    socket.on('error', () => socket.destroy())
    // RFC 6455, section 4.2.2; HAProxy verifies it.
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function fold({
  method = '',
  url = '',
  rawHeaders,
}: {
  method?: string | undefined
  url?: string | undefined
  rawHeaders: string[]
}): FoldedCall {
  const variables = new Map<string, string[]>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = `HTTP_${(rawHeaders[i] as string).toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
    variables.set(name, [...(variables.get(name) ?? []), rawHeaders[i + 1] as string])
  }
  return { method, target: url, variables }
}
