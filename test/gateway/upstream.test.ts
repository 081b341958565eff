import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { openGatewayHarness } from '../support/gateway-harness.ts'
import { openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream } from '../support/upstream-server.ts'

/** Creates a certificate for `host` with its key and its CA, in their own folder. */
async function makeCertificate(host: string) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-upstream-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [certificateFile, keyFile, serverCaFile] = ['a.pem', 'a.key', 'ca.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  await ensureDevelopmentTls({ certificateFile, keyFile, serverCaFile }, [host], systemClock)
  return { certificateFile, keyFile, serverCaFile }
}

/** Opens a gateway whose production requests go to `upstream`, and a client. */
async function openGateway(
  production: NonNullable<Parameters<typeof openGatewayHarness>[0]>['environments'],
) {
  const harness = await openGatewayHarness({ environments: production ?? {} })
  onTestFinished(() => harness[Symbol.asyncDispose]())
  return { world: harness, caller: await openTestClient(harness) }
}

const settings = { connectSeconds: 1, responseSeconds: 1, idleSeconds: 1 }

test("the gateway uses mutual TLS to its upstream and verifies the upstream's name and CA", async () => {
  const [server, own] = [await makeCertificate('localhost'), await makeCertificate('gateway.internal')]
  await using upstream = await openUpstream({
    cert: readFileSync(server.certificateFile),
    key: readFileSync(server.keyFile),
    ca: readFileSync(own.serverCaFile),
    requestCert: true,
    rejectUnauthorized: false,
  })
  upstream.answerWith((request, response) => {
    const { subject } = (
      request.socket as never as { getPeerCertificate(): { subject?: object } }
    ).getPeerCertificate()
    response.end(JSON.stringify({ shown: subject ?? null }))
  })
  const tls = { ca: server.serverCaFile, certificate: own.certificateFile, key: own.keyFile }
  const right = { upstream: upstream.url, upstreamTls: tls, routes: null }
  const [trusted, stranger, misnamed] = await Promise.all([
    openGateway({ production: right }),
    openGateway({ production: { ...right, upstreamTls: { ca: own.serverCaFile } } }),
    openGateway({ production: { ...right, upstream: upstream.url.replace('localhost', '127.0.0.1') } }),
  ])
  const passed = await trusted.caller.call('/x')
  expect([passed.status, JSON.parse(passed.text).shown.CN]).toEqual([200, 'gateway.internal'])
  expect(upstream.seen.length).toBe(1)
  for (const { caller } of [stranger, misnamed])
    expect(await caller.call('/x')).toMatchObject({ status: 502, code: 'upstream_unavailable' })
  expect(upstream.seen.length).toBe(1)
})

test('the gateway times out if the upstream does not respond or stops within its response', async () => {
  await using upstream = await openUpstream()
  upstream.answerWith((request, response) => {
    if (request.url === '/half') {
      response.writeHead(200)
      response.write('half')
    }
  })
  const { caller } = await openGateway({
    production: { upstream: upstream.url, upstreamTimeouts: settings, routes: null },
  })
  expect(await caller.call('/never')).toMatchObject({ status: 504, code: 'upstream_timeout' })
  await expect(caller.call('/half')).rejects.toThrow('aborted')
})

test('the gateway disconnects a client that stops within its body', async () => {
  await using upstream = await openUpstream()
  const { world: harness, caller } = await openGateway({
    production: {
      upstream: upstream.url,
      upstreamTimeouts: { ...settings, responseSeconds: 30 },
      routes: null,
    },
  })
  const headers = { ...caller.bearer, 'content-length': '100' }
  const request = httpsRequest(`${harness.url()}/body`, {
    method: 'POST',
    agent: false,
    ...caller.tls,
    headers,
  })
  request.write('half')
  await expect(once(request, 'response')).rejects.toThrow()
  const [row] = await harness.untilActivity(({ code }) => code === 'client_gone')
  expect(row?.status).toBe(499)
})

/** Opens an upstream that breaks each connection as `act` says and responds otherwise; it counts requests. */
async function openFlakyUpstream(act: (socket: Socket, requests: number) => 'break' | 'answer') {
  let requests = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (!/^[A-Z]+ \//.test(chunk.toString('latin1'))) return
      requests += 1
      if (act(socket, requests) === 'break') socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, count: () => requests }
}

test('the gateway retries a lost request only if that is safe', async () => {
  const upstream = await openFlakyUpstream((_socket, requests) => (requests % 2 === 1 ? 'break' : 'answer'))
  const { caller } = await openGateway({ production: { upstream: upstream.url, routes: null } })
  for (const method of ['GET', 'DELETE', 'OPTIONS']) {
    const before = upstream.count()
    expect((await caller.call('/x', { method })).status).toBe(200)
    expect(upstream.count() - before).toBe(2)
  }
  for (const sending of [
    { method: 'POST', body: '' },
    { method: 'POST', body: 'paid' },
    { method: 'PUT', body: 'a body that is gone' },
  ]) {
    const before = upstream.count()
    const { status, code, text } = await caller.call('/x', sending)
    expect(JSON.parse(text).detail).toMatch(/may have had its effect: check before you repeat it/)
    expect({ status, code, times: upstream.count() - before }).toEqual({
      status: 502,
      code: 'upstream_unavailable',
      times: 1,
    })
    // An even count, so that the next request starts with a connection that breaks.
    await caller.call('/x', { method: 'POST' })
  }
})

test('the gateway sends no request more than twice', async () => {
  const upstream = await openFlakyUpstream(() => 'break')
  const { caller } = await openGateway({ production: { upstream: upstream.url, routes: null } })
  const read = await caller.call('/x')
  expect({ status: read.status, times: upstream.count() }).toEqual({ status: 502, times: 2 })
  expect(read.text).not.toMatch(/may have had its effect/)
  expect((await caller.call('/x', { method: 'DELETE' })).text).toMatch(/may have had its effect/)
  expect(upstream.count()).toBe(4)
})

test('the gateway closes the connection of a client whose body is no longer needed', async () => {
  await using upstream = await openUpstream()
  upstream.answerWith((_request, response) => void response.writeHead(413).end('too much'))
  const { caller } = await openGateway({ production: { upstream: upstream.url, routes: null } })
  const { text, isClosed } = await caller.sendRaw(
    `POST /x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\ncontent-length: 1000\r\n\r\nbegun`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 413 .*too much/s)
  expect(isClosed).toBe(true)
})
