import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** A test API behind a gateway with configurable responses. */
export interface UpstreamServer {
  url: string
  port: number
  server: ReturnType<typeof createServer>
  /** Every request received, in order. */
  seen: { method: string; url: string; headers: IncomingMessage['headers']; rawHeaders: string[] }[]
  /** Sets how all following requests are answered. */
  answerWith(listener: RequestListener): void
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens an API on a free port of loopback, over TLS if `tls` is given. It responds `ok` by default. */
export async function openUpstream(tls?: TlsOptions): Promise<UpstreamServer> {
  let answer: RequestListener = (request, response) => {
    request.resume().once('end', () => response.end('ok'))
  }
  const seen: UpstreamServer['seen'] = []
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers, rawHeaders } = request
    seen.push({ method, url, headers, rawHeaders })
    answer(request, response as never)
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://localhost:${port}`,
    port,
    server: server as UpstreamServer['server'],
    seen,
    answerWith(next) {
      answer = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
