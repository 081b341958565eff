import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type HostReadiness, type ProcessRole, roles } from './judge-host.ts'

/** What the listener answers from. */
export interface OperationsDependencies {
  /** Returns undefined if this host runs nothing of the role. */
  judge(role: ProcessRole | undefined, isStrict: boolean): Promise<HostReadiness | undefined>
  /** Returns the metrics of all processes, and their media type. */
  writeMetrics(): Promise<{ text: string; mediaType: string }>
}

/** The listener for the operator's own systems. */
export interface OperationsListener {
  port: number
  close(): Promise<void>
}

interface Answer {
  status: number
  mediaType: string
  body: string
}

/** Who asks here are few programs of the operator. */
const maxConnections = 64
const requestMs = 5000
const idleMs = 60_000

/**
 * Opens the listener: `/healthz` (the supervisor turns), `/readyz`, `/readyz/portal` and `/readyz/gateway`
 * (with `?strict`, every problem counts). It asks for no password, reads no body, and tells nothing of a
 * customer. Throws the system's error if the port is unavailable.
 */
export async function openOperations(
  address: { host: string; port: number },
  dependencies: OperationsDependencies,
): Promise<OperationsListener> {
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, keepAliveTimeout: idleMs, maxHeaderSize: 8192 },
    (request, response) => {
      answer(dependencies, request).then(
        (found) => send(request, response, found),
        () => response.destroy(),
      )
    },
  )
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      // A connection that cannot be accepted, for want of files, ends nothing else.
      server.on('error', () => {})
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  dependencies: OperationsDependencies,
  { method, url = '/' }: IncomingMessage,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'This address answers GET and HEAD alone.\n')
  const [path = '/', query] = url.split('?', 2)
  if (path === '/healthz') return json(200, { status: 'ok' })
  if (path === '/metrics') {
    const { text: body, mediaType } = await dependencies.writeMetrics()
    return { status: 200, mediaType, body }
  }
  const role = roles.find((one) => path === `/readyz/${one}`)
  if (path !== '/readyz' && role === undefined) return notFound()
  const readiness = await dependencies.judge(role, new URLSearchParams(query).has('strict'))
  if (readiness === undefined) return notFound()
  return json(readiness.status === 'ready' ? 200 : 503, readiness)
}

const json = (status: number, body: object): Answer => ({
  ...{ status, mediaType: 'application/json', body: `${JSON.stringify(body)}\n` },
})
const text = (status: number, body: string): Answer => ({
  ...{ status, mediaType: 'text/plain; charset=utf-8', body },
})
const notFound = () => text(404, 'There is no such address here. See docs/operators/monitoring.md.\n')

function send(request: IncomingMessage, response: ServerResponse, { status, mediaType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 && { allow: 'GET, HEAD' }),
    // A body that is not read would be taken for the next request.
    ...(hasBody(request) && { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
