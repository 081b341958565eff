import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ResolveHost } from '../../src/resolve-host.ts'
import { createExternalAuthority } from './external-authority.ts'

/** Resolves every name to this machine. */
export const resolveHere: ResolveHost = (_, __, done) => done(null, [{ address: '127.0.0.1', family: 4 }])

/** Opens the CAs `root` and `stranger`, and a server that publishes what a test gives to its paths. */
export async function openStatusServer() {
  const folder = mkdtempSync(join(tmpdir(), 'postern-external-status-'))
  const ca = createExternalAuthority(folder)
  ca.makeAuthority('root')
  ca.makeAuthority('stranger')
  const paths = new Map<string, (body: Buffer, response: ServerResponse) => void>()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    asked.push(request.url ?? '')
    const answer = paths.get(request.url ?? '')
    if (answer === undefined) response.writeHead(404).end()
    else answer(Buffer.concat(parts), response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    ca,
    /** What answers at each path; 404 at others. */
    paths,
    /** The paths that were asked. */
    asked,
    port,
    url: `http://ca.test:${port}`,
    serve: (path: string, octets: Uint8Array) => paths.set(path, (_, response) => response.end(octets)),
    close() {
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type StatusServer = Awaited<ReturnType<typeof openStatusServer>>

/** The octets of a certificate. */
export const toDer = (pem: string): Uint8Array =>
  new Uint8Array(Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'))
