import type { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'

/** A request that an endpoint got. */
export interface ReceivedHook {
  headers: IncomingHttpHeaders
  path: string
  body: string
  /** What its client presented; undefined without a certificate. */
  client: X509Certificate | undefined
}

type Answer = (response: ServerResponse, hook: ReceivedHook) => void

/** The name of the endpoints in their server certificate, which no DNS knows. */
export const hookHost = 'hooks.acme.example'

/**
 * Opens an endpoint with TLS on loopback that keeps what it gets, and answers as `answer` says. One with `clients` asks
 * for a client certificate, and `strict` lets nobody in whom the CAs of `trust` do not know.
 */
export async function openWebhookReceiver({ clients }: { clients?: 'any' | 'strict' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-hooks-'))
  const files = {
    certificateFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
    serverCaFile: join(folder, 'ca.pem'),
  }
  await ensureDevelopmentTls(files, [hookHost, '127.0.0.1'], systemClock)
  const hooks: ReceivedHook[] = []
  const receiver = {
    hooks,
    answer: ((response) => response.end('ok')) as Answer,
    /** PEM of the CA of the endpoint, and its file. */
    ca: readFileSync(files.serverCaFile, 'utf8'),
    caFile: files.serverCaFile,
    files,
    port: 0,
    url: '',
    /** Makes it accept client certificates of these CAs, PEM, from now on. */
    trust(cas: string): void {
      server.setSecureContext({ ...own, ca: cas })
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      rmSync(folder, { recursive: true })
    },
  }
  const listen = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const hook = {
      headers: request.headers,
      path: request.url ?? '',
      body: Buffer.concat(parts).toString('utf8'),
      client: (request.socket as TLSSocket).getPeerX509Certificate(),
    }
    hooks.push(hook)
    receiver.answer(response, hook)
  }
  const own = { cert: readFileSync(files.certificateFile), key: readFileSync(files.keyFile) }
  const server = createServer(
    { ...own, requestCert: clients !== undefined, rejectUnauthorized: clients === 'strict' },
    (request, response) => void listen(request, response).catch(() => response.destroy()),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  receiver.port = (server.address() as AddressInfo).port
  receiver.url = `https://${hookHost}:${receiver.port}/postern`
  return receiver
}

export type WebhookReceiver = Awaited<ReturnType<typeof openWebhookReceiver>>

/** Resolves every name to these addresses, one list for each look; the last one stays. */
export const resolveTo =
  (...answers: string[][]) =>
  (
    _host: string,
    _options: object,
    done: (error: null, found: { address: string; family: number }[]) => void,
  ) => {
    const addresses = answers.length > 1 ? answers.shift() : answers[0]
    done(
      null,
      (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
