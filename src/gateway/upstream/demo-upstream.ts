import { createHash } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const maxSocketPathLength = 100

/** A running demo upstream. */
export interface DemoUpstream {
  /** Every request received, in order, as `METHOD path`. */
  calls: readonly string[]
  close(): Promise<void>
}

/** Returns where the demo upstream of a data folder listens: a Unix socket, so that no port is used. */
export function demoUpstreamSocket(dataFolder: string): string {
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\postern-${name}`
  const path = join(dataFolder, 'demo-upstream.sock')
  return path.length <= maxSocketPathLength ? path : join(tmpdir(), `postern-${name}.sock`)
}

/** Starts a small payments service that responds with what it was told about its client. */
export async function startDemoUpstream(socketPath: string): Promise<DemoUpstream> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`)
    request.resume()
    request.once('end', () => {
      const body = JSON.stringify(answer(request))
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    })
  })
  // A remnant of a process that was killed.
  if (process.platform !== 'win32') rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  if (process.platform !== 'win32') chmodSync(socketPath, 0o600)
  return {
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer({ method, url, headers }: IncomingMessage): object {
  const der = readStructuredBytes(headers['client-cert'])
  return {
    service: 'demo',
    method,
    path: url,
    caller: {
      certificateSha256: der && createHash('sha256').update(der).digest('hex'),
      address: headers['x-forwarded-for'],
    },
    traceId: headers['postern-trace-id'],
    payments: [
      { id: 'pay_1', amount: 1250, currency: 'EUR', status: 'captured' },
      { id: 'pay_2', amount: 9900, currency: 'USD', status: 'authorized' },
    ],
  }
}

/** RFC 9440, section 2.1: one byte sequence. */
function readStructuredBytes(header: string | string[] | undefined): Buffer | undefined {
  const [, encoded] = /^:([a-z0-9+/]+=*):$/i.exec(String(header)) ?? []
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
}
