import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient

beforeAll(async () => {
  upstream = await openUpstream()
  const scopes = [{ name: 'pay', description: '' }]
  const routes = [
    { path: '/open', scope: 'pay' },
    { path: '/refused-above', scope: 'pay' },
  ]
  const production = { upstream: upstream.url, scopes, routes }
  const staging = { upstream: 'http://127.0.0.1:1', routes: null }
  harness = await openGatewayHarness({ environments: { production, staging } })
  caller = await openTestClient(harness)
})
beforeEach(() => {
  upstream.answerWith((request, response) => {
    if (request.url !== '/refused-above') request.resume().once('end', () => response.end('ok'))
    else response.writeHead(409).end('no')
  })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/**
 * The bytes received on a connection: the heads of the responses, and whether the gateway closed it cleanly.
 */
interface Heard {
  statuses: number[]
  text: string
  ending: 'open' | 'end' | 'reset'
}

function openRaw(tls: GatewayTestClient['tls'], port: number) {
  // Keeps writing after the gateway has closed its side.
  const options = { host: 'localhost', port, ...tls, allowHalfOpen: true }
  const socket = connect(options)
  const heard: Heard = { statuses: [], text: '', ending: 'open' }
  socket.on('error', () => {
    heard.ending = 'reset'
  })
  socket.once('end', () => {
    if (heard.ending === 'open') heard.ending = 'end'
  })
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1')
    heard.statuses = [...heard.text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
  })
  return { socket, heard }
}

async function until(isSo: () => boolean, milliseconds = 8000): Promise<void> {
  for (const end = Date.now() + milliseconds; !isSo(); ) {
    if (Date.now() > end) throw new Error('not within time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Writes as a client that reads only after it has written everything. */
async function writeAll(socket: TLSSocket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length && !socket.destroyed; at += 65_536)
    await new Promise<void>((resolve) => socket.write(bytes.subarray(at, at + 65_536), () => resolve()))
}

const next = 'GET /whoami HTTP/1.1\r\nhost: localhost\r\n\r\n'

const denials = [
  ['a body too large for an endpoint', 'POST /token HTTP/1.1', {}, 400],
  ['a call without a token', 'POST /open HTTP/1.1', {}, 401],
  ['a call to no route', 'POST /nowhere HTTP/1.1', { isAuthorized: true }, 404],
  ['a path that is read in two ways', 'POST /open//x HTTP/1.1', { isAuthorized: true }, 400],
  ['the wrong method', 'PUT /token HTTP/1.1', {}, 405],
  ['another host', 'POST /open HTTP/1.1', { host: 'elsewhere.example' }, 421],
  ['a call that the upstream refuses', 'POST /refused-above HTTP/1.1', { isAuthorized: true }, 409],
] as const

const sizes = [
  ['of 20 kB', 20_000],
  ['of 60 kB', 60_000],
  ['of 1 MB', 1_000_000],
] as const

const cases = denials.flatMap(([what, line, options, status]) =>
  sizes.flatMap(([size, bytes]) =>
    (['by length', 'in chunks'] as const).map((framing) => ({
      what: `${what}, ${size} ${framing}`,
      line,
      options: options as { isAuthorized?: boolean; host?: string },
      status,
      bytes,
      framing,
    })),
  ),
)

type RequestParts = Omit<(typeof cases)[number], 'what' | 'status' | 'bytes'> & { bytes: number }

function requestOf({ line, options, bytes, framing }: RequestParts) {
  const head = [
    line,
    `host: ${options.host ?? 'localhost'}`,
    ...(options.isAuthorized ? [`authorization: Bearer ${caller.token}`] : []),
    ...(framing === 'by length' ? [`content-length: ${bytes}`] : ['transfer-encoding: chunked']),
  ]
  const body = Buffer.alloc(bytes, 'x')
  const framed =
    framing === 'by length'
      ? body
      : Buffer.concat([Buffer.from(`${bytes.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), framed])
}

test.each(cases)(
  'after $what over HTTP/1.1 the next request is answered, or the connection closes after the response is read',
  async ({ status, ...request }) => {
    const { socket, heard } = openRaw(caller.tls, harness.port())
    await writeAll(socket, Buffer.concat([requestOf(request), Buffer.from(next)]))
    await until(() => heard.ending !== 'open' || heard.statuses.length === 2)
    expect(heard.statuses[0]).toBe(status)
    expect(heard.ending).not.toBe('reset')
    if (heard.statuses.length === 2) expect(heard.statuses[1]).toBe(200)
    else expect(heard.text.toLowerCase()).toContain('connection: close')
    socket.destroy()
  },
)

test('a connection continues after a short unread body, pipelined or not', async () => {
  const { socket, heard } = openRaw(caller.tls, harness.port())
  const refused = requestOf({ line: 'POST /open HTTP/1.1', options: {}, bytes: 60_000, framing: 'by length' })
  for (const answers of [2, 4]) {
    // The response comes before the body.
    socket.write(refused.subarray(0, 200))
    await until(() => heard.statuses.length === answers - 1)
    socket.write(refused.subarray(200))
    socket.write(next)
    await until(() => heard.statuses.length === answers)
  }
  expect(heard.statuses).toEqual([401, 200, 401, 200])
  socket.destroy()
})

test('a connection accepts a token request after one that was too large', async () => {
  const { socket, heard } = openRaw(caller.tls, harness.port())
  const { clientId, secret } = await harness.createCredential()
  const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=${secret}`
  socket.write(requestOf({ line: 'POST /token HTTP/1.1', options: {}, bytes: 20_000, framing: 'by length' }))
  socket.write(
    `POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
  )
  await until(() => heard.statuses.length === 2)
  expect(heard.statuses).toEqual([400, 200])
  socket.destroy()
})

test.each([10, 60_000, 1_000_000])(
  'after an upstream failure the connection continues or announces its closing, with a body of %i bytes',
  async (bytes) => {
    const staging = await openTestClient(harness, 'staging')
    const { socket, heard } = openRaw(staging.tls, harness.port('staging'))
    const head = `POST /x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${staging.token}\r\ncontent-length: ${bytes}\r\n\r\n`
    await writeAll(socket, Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 'x'), Buffer.from(next)]))
    await until(() => heard.ending !== 'open' || heard.statuses.length === 2)
    expect(heard.statuses[0]).toBe(502)
    expect(heard.ending).not.toBe('reset')
    if (heard.statuses.length === 2) expect(heard.statuses[1]).toBe(200)
    else expect(heard.text.toLowerCase()).toContain('connection: close')
    socket.destroy()
  },
)

test('a client with a large body reads why its certificate is denied, and is not reset', async () => {
  const expired = await harness.issue({ notBefore: Date.now() - 2e9, notAfter: Date.now() - 1e9 })
  const { socket, heard } = openRaw({ ...caller.tls, cert: expired.cert, key: expired.key }, harness.port())
  await writeAll(
    socket,
    requestOf({ line: 'POST /open HTTP/1.1', options: {}, bytes: 1_000_000, framing: 'by length' }),
  )
  await until(() => heard.ending !== 'open')
  expect(heard.text).toContain('certificate_expired')
  expect(heard.ending).toBe('end')
})

test('the gateway reads at most 32 MiB, for at most ten seconds, of a body that it does not need', async () => {
  const head = 'POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\n'
  const fast = openRaw(caller.tls, harness.port())
  fast.socket.write(head)
  let written = 0
  while (!fast.socket.destroyed && written < 200_000_000) {
    await writeAll(fast.socket, Buffer.alloc(1_048_576))
    written += 1_048_576
  }
  // The socket buffers of both sides hold additional bytes.
  expect(written).toBeLessThan(64_000_000)
  expect(fast.heard.statuses).toEqual([400])
  const slow = openRaw(caller.tls, harness.port())
  slow.socket.write(head)
  const trickle = setInterval(() => slow.socket.write('x'), 200)
  // Bytes for a closed connection are answered by a reset.
  await until(() => slow.heard.ending === 'reset', 15_000)
  clearInterval(trickle)
  expect(slow.heard.statuses).toEqual([400])
})

test.each([
  ['a denied certificate', false, 403, 'certificate_missing'],
  ['a denied request', true, 401, 'token_missing'],
] as const)(
  'a client that sends 12 MB before it reads gets the response to %s',
  async (_what, hasCertificate, status, code) => {
    const tls = hasCertificate ? caller.tls : { ca: harness.ca }
    const options = { host: 'localhost', port: harness.port(), ...tls, allowHalfOpen: true }
    const socket = connect(options)
    let ending = 'end'
    socket.on('error', () => {
      ending = 'reset'
    })
    // The gateway reads nothing meanwhile.
    socket.pause()
    const request = {
      line: 'POST /open HTTP/1.1',
      options: {},
      bytes: 12_000_000,
      framing: 'by length',
    } as const
    await writeAll(socket, requestOf(request))
    let text = ''
    for await (const chunk of socket) text += chunk
    expect([ending, text.slice(9, 12)]).toEqual(['end', String(status)])
    expect(text).toContain(code)

    const session = connectHttp2(harness.url(), tls)
    session.on('error', () => {})
    const stream = session.request({ ':path': '/open', ':method': 'POST' })
    stream.on('error', () => {})
    const answered = once(stream, 'response')
    const closed = once(stream, 'close')
    let body = ''
    stream.on('data', (chunk) => {
      body += chunk
    })
    // Java's HttpClient reads no response before it has sent the whole body, and fails if GOAWAY arrives
    // first.
    const sent = new Promise<void>((resolve) => stream.end(Buffer.alloc(1_000_000), () => resolve()))
    await Promise.race([sent, once(session, 'goaway').then(() => Promise.reject(new Error('GOAWAY')))])
    expect((await answered)[0][':status']).toBe(status)
    await closed
    expect(JSON.parse(body).code).toBe(code)
    session.close()
  },
)

test('the gateway runs no request that follows a response with Connection: close', async () => {
  const { socket, heard } = openRaw(caller.tls, harness.port())
  const before = upstream.seen.length
  const call = `POST /open HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\ncontent-length: 0\r\n\r\n`
  socket.write('POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n')
  await until(() => heard.statuses.length === 1)
  await writeAll(socket, Buffer.concat([Buffer.alloc(100_000), Buffer.from(call)]))
  await until(() => heard.ending !== 'open')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(heard.statuses).toEqual([400])
  socket.destroy()
  expect(upstream.seen.length).toBe(before)
})

test('the gateway ends the stream of an unread body over HTTP/2, and the connection continues', async () => {
  const session = connectHttp2(harness.url(), caller.tls)
  session.on('error', () => {})
  for (const [path, status] of [
    ['/token', 400],
    ['/open', 401],
    ['/token', 400],
  ] as const) {
    const stream = session.request({ ':path': path, ':method': 'POST' })
    stream.on('error', () => {})
    const reset = once(stream, 'aborted')
    stream.write(Buffer.alloc(200_000))
    const [headers] = await once(stream, 'response')
    expect(headers[':status']).toBe(status)
    stream.resume()
    await reset
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
    stream.destroy()
  }
  const last = session.request({ ':path': '/whoami' })
  expect((await once(last, 'response'))[0][':status']).toBe(200)
  session.close()
})
