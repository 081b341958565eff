import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectWithin } from '../support/expect-within.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

let harness: GatewayHarness

beforeAll(async () => {
  harness = await openGatewayHarness({ gateways: 2 })
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Sends one request over TLS; returns status and code, the TLS session, and whether it was resumed. */
async function speak(client: TestClient | null, options: ConnectionOptions = {}) {
  const socket: TLSSocket = connect({
    host: 'localhost',
    port: harness.port(),
    ca: harness.ca,
    ...(client && { cert: client.cert, key: client.key }),
    ...options,
  })
  let session = options.session
  socket.on('session', (given) => {
    session = given
  })
  await once(socket, 'secureConnect')
  const resumed = socket.isSessionReused()
  socket.write('GET /whoami HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  return { status: Number(text.split(' ')[1]), code: /"code":"(\w+)"/.exec(text)?.[1], session, resumed }
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`the gateway denies a revoked certificate even if the client offers a ${maxVersion} session`, async () => {
    const client = await harness.issue()
    const first = await speak(client, { maxVersion })
    expect(first.status).toBe(200)
    await harness.revoke(client.id)
    await harness.untilFollowed()
    // With the certificate again, and with the session alone.
    for (const as of [client, null]) {
      const again = await speak(as, { maxVersion, ...(first.session && { session: first.session }) })
      expect(again.status).toBe(403)
      expect(again.code).toBe(as ? 'certificate_revoked' : 'certificate_missing')
      expect(again.resumed).toBe(false)
    }
  })

  test(`the gateway denies an expired certificate even if the client offers a ${maxVersion} session`, async () => {
    const client = await harness.issue({ notAfter: Date.now() + 3_600_000 })
    const first = await speak(client, { maxVersion })
    expect(first.status).toBe(200)
    harness.shiftClock(7_200_000)
    try {
      const again = await speak(client, { maxVersion, ...(first.session && { session: first.session }) })
      expect(again).toMatchObject({ status: 403, code: 'certificate_expired' })
    } finally {
      harness.shiftClock(0)
    }
  })

  test(`the gateway denies a ${maxVersion} session that started without a certificate`, async () => {
    const first = await speak(null, { maxVersion })
    expect(first).toMatchObject({ status: 403, code: 'certificate_missing' })
    const again = await speak(null, { maxVersion, ...(first.session && { session: first.session }) })
    expect(again).toMatchObject({ status: 403, code: 'certificate_missing' })
  })
}

test('the gateway checks the registry for every request of a keep-alive connection', async () => {
  const client = await harness.issue({ notAfter: Date.now() + 3_600_000 })
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
  })
  const ask = () =>
    new Promise<{ status: number; reused: boolean }>((resolve, reject) => {
      const request = httpsRequest(`${harness.url()}/whoami`, { agent }, (response) => {
        response.resume()
        response.on('end', () => resolve({ status: response.statusCode ?? 0, reused: request.reusedSocket }))
      })
      request.on('error', reject)
      request.end()
    })
  expect(await ask()).toEqual({ status: 200, reused: false })
  expect(await ask()).toEqual({ status: 200, reused: true })
  harness.shiftClock(7_200_000)
  try {
    // Either the request gets an error response, or the connection was closed just before.
    const after = await ask().catch(() => ({ status: 403 }))
    expect(after.status).toBe(403)
  } finally {
    harness.shiftClock(0)
    agent.destroy()
  }
})

test.each([
  ['HTTP/1.1', 'http/1.1'],
  ['HTTP/2', 'h2'],
])('%s is closed with close_notify, as OpenSSL reports (RFC 8446, section 6.1)', async (_what, protocol) => {
  const client = await harness.issue()
  const openssl = execFile('openssl', [
    ...['s_client', '-connect', `localhost:${harness.port()}`, '-alpn', protocol, '-msg', '-quiet'],
    ...[
      '-cert',
      client.certFile,
      '-key',
      client.keyFile,
      '-CAfile',
      harness.caFile,
      '-servername',
      'localhost',
    ],
  ])
  let text = ''
  openssl.stdout?.on('data', (chunk) => {
    text += chunk
  })
  openssl.stderr?.on('data', (chunk) => {
    text += chunk
  })
  if (protocol === 'h2') openssl.stdin?.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
  await expect.poll(() => text).toContain('Finished')
  const ended = once(openssl, 'exit')
  await harness.revoke(client.id)
  await ended
  expect(text).toMatch(/<<<.*Alert.*close_notify/)
  expect(text).not.toContain('unexpected eof')
})

test('every gateway closes open HTTP/1.1 and HTTP/2 connections when their certificate is revoked', async () => {
  const client = await harness.issue()
  const others = await harness.issue()
  const open = async (gateway: number, { cert, key }: TestClient) => {
    const tls = { host: 'localhost', port: harness.port('production', gateway), ca: harness.ca, cert, key }
    const http1 = connect(tls)
    await once(http1, 'secureConnect')
    http1.write('GET /whoami HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(http1, 'data')
    const http2 = connectHttp2(`https://localhost:${tls.port}`, tls)
    const stream = http2.request({ ':path': '/whoami' })
    stream.resume()
    await once(stream, 'end')
    return { http1, http2 }
  }
  const mine = [await open(0, client), await open(1, client)]
  const theirs = await open(0, others)
  const closed = Promise.all(mine.flatMap(({ http1, http2 }) => [once(http1, 'close'), once(http2, 'close')]))
  for (const { http1, http2 } of mine) {
    http1.on('error', () => {})
    http2.on('error', () => {})
  }
  await harness.revoke(client.id)
  const started = performance.now()
  await closed
  const milliseconds = performance.now() - started
  expectWithin('revocation to cut on two gateways', 1000, milliseconds)
  expect(theirs.http1.destroyed || theirs.http2.destroyed).toBe(false)
  theirs.http1.destroy()
  theirs.http2.destroy()
})

test('the gateway reports to the store which changes are in force', async () => {
  const client = await harness.issue()
  await harness.revoke(client.id)
  const latest = () =>
    harness.database.queries
      .selectFrom('changes')
      .select((e) => e.fn.max('version').as('version'))
      .executeTakeFirstOrThrow()
  const { version } = await latest()
  for (const end = Date.now() + 3000; ; ) {
    const gateways = await harness.database.queries.selectFrom('gateways').selectAll().execute()
    if (gateways.length === 2 && gateways.every((row) => row.confirmed_version >= version)) break
    if (Date.now() > end) throw new Error(`not confirmed: ${JSON.stringify(gateways)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})

test('the gateway denies every request of an HTTP/2 connection with an unknown issuer, and closes it', async () => {
  const client = await harness.issue({ registered: false })
  const session = connectHttp2(harness.url(), { ca: harness.ca, cert: client.cert, key: client.key })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/payments' })
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(403)
  let text = ''
  for await (const chunk of stream) text += chunk
  expect(JSON.parse(text).code).toBe('certificate_not_registered')
  await once(session, 'close')
})

test('the gateway closes the connection of a client that never completes its request', {
  timeout: 100_000,
}, async () => {
  const client = await harness.issue()
  const socket = connect({
    host: 'localhost',
    port: harness.port(),
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
  })
  await once(socket, 'secureConnect')
  socket.write('GET /whoami HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
  socket.on('error', () => {})
  socket.resume()
  const started = Date.now()
  await once(socket, 'close')
  expectWithin('an unfinished request is given up', 16_000, Date.now() - started)
})
