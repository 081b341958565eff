import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { Agent, WebSocket } from 'undici'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
let client: TestClient
let token: string

beforeAll(async () => {
  upstream = await openUpstream()
  upstream.server.on('upgrade', acceptWebSocket)
  const production = { upstream: upstream.url, routes: null }
  harness = await openGatewayHarness({ environments: { production } })
  client = await harness.issue()
  token = await createCredentialToken(harness, client)
})
beforeEach(() => upstream.answerWith((request, response) => request.pipe(response)))
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** RFC 6455, section 4.2.2; echoes text frames of fewer than 126 bytes, unmasked. */
function acceptWebSocket(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.on('error', () => {})
  if (request.url === '/declined') {
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno')
    return
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  )
  socket.on('data', (frame: Buffer) => {
    const length = (frame[1] as number) & 0x7f
    const text = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (frame[2 + (index % 4)] as number))
    if ((frame[0] as number) === 0x81) socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
    else socket.end()
  })
}

const tlsOf = ({ cert, key }: TestClient) => ({ ca: harness.ca, cert, key })
const bearer = () => ({ authorization: `Bearer ${token}` })

function openWebSocket(path: string, as = client, headers: Record<string, string> = bearer()): WebSocket {
  const dispatcher = new Agent({ connect: tlsOf(as), allowH2: false })
  return new WebSocket(`${harness.url().replace('https', 'wss')}${path}`, { dispatcher, headers })
}

test('the gateway connects a WebSocket with the upstream and counts it as a request', async () => {
  const socket = openWebSocket('/socket')
  await once(socket, 'open')
  for (const text of ['hello', 'again']) {
    const answer = once(socket, 'message')
    socket.send(text)
    expect((await answer)[0].data).toBe(text)
  }
  const [row] = await harness.untilActivity(({ status }) => status === 101)
  expect(row).toMatchObject({ status: 101, outcome: 'ok', certificate_id: client.id })
  socket.close()
  await once(socket, 'close')
})

test('the gateway closes a WebSocket at both ends when its certificate is revoked', async () => {
  const mortal = await harness.issue()
  const own = await createCredentialToken(harness, mortal)
  const gone = new Promise<void>((resolve) =>
    upstream.server.once('upgrade', (_request, socket) => socket.once('end', () => resolve())),
  )
  const socket = openWebSocket('/mortal', mortal, { authorization: `Bearer ${own}` })
  socket.onerror = () => {}
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await harness.revoke(mortal.id)
  await Promise.all([closed, gone])
})

test.each(['WebSocket', 'server-sent events'])('%s ends when its credentials are deleted', async (kind) => {
  const { clientId, secret, id } = await harness.createCredential()
  const issued = await promisify(execFile)('curl', [
    ...['--silent', '--cacert', harness.caFile, '--cert', client.certFile, '--key', client.keyFile],
    ...[
      '--user',
      `${clientId}:${secret}`,
      '--data',
      'grant_type=client_credentials',
      `${harness.url()}/token`,
    ],
  ])
  const headers = { authorization: `Bearer ${JSON.parse(issued.stdout).access_token}` }
  upstream.answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  })
  let closed: Promise<unknown>
  if (kind === 'WebSocket') {
    const socket = openWebSocket('/socket', client, headers)
    socket.onerror = () => {}
    await once(socket, 'open')
    closed = once(socket, 'close')
  } else {
    const request = httpsRequest(`${harness.url()}/events`, { agent: false, ...tlsOf(client), headers })
    request.end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    closed = once(response.resume(), 'error')
  }
  await harness.deleteCredential(id)
  await closed
})

/** Returns the status line and the headers of the response to a raw request. */
async function speak(head: string[], body = ''): Promise<string> {
  const socket = connect({ host: 'localhost', port: harness.port(), ...tlsOf(client) })
  socket.on('error', () => {})
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}
const upgrade = (...lines: string[]) => [
  'GET /x HTTP/1.1',
  'host: localhost',
  'connection: upgrade',
  ...lines,
]
const opening = [
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
]

test("the gateway forwards the upstream's rejection of a WebSocket", async () => {
  const declined = [
    'GET /declined HTTP/1.1',
    ...upgrade(...opening, `authorization: Bearer ${token}`).slice(1),
  ]
  expect(await speak(declined)).toMatch(/^HTTP\/1\.1 403 Forbidden.*connection: close.*no$/is)
})

test.each([
  [
    'another version',
    upgrade('upgrade: websocket', 'sec-websocket-version: 8', 'sec-websocket-key: x'),
    426,
    'websocket_version_unsupported',
  ],
  [
    'no key',
    upgrade('upgrade: websocket', 'sec-websocket-version: 13', 'content-length: 0'),
    400,
    'bad_request',
  ],
  ['no token', upgrade(...opening), 401, 'token_missing'],
])('the gateway rejects an upgrade with %s and closes the connection', async (what, lines, status, code) => {
  const before = upstream.seen.length
  const sent = what === 'no token' ? lines : [...lines, `authorization: Bearer ${token}`]
  const answer = await speak(sent)
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(answer).toContain(`"code":"${code}"`)
  if (status === 426)
    expect(answer).toMatch(
      /^connection: upgrade, close\r\nsec-websocket-version: 13\r\nupgrade: websocket\r$/m,
    )
  expect(upstream.seen.length).toBe(before)
})

test('the gateway forwards server-sent events one by one until the certificate is revoked', async () => {
  const mortal = await harness.issue()
  const own = await createCredentialToken(harness, mortal)
  let push = (_text: string) => {}
  upstream.answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    push = (text) => void response.write(`data: ${text}\n\n`)
  })
  const session = connectHttp2(harness.url(), tlsOf(mortal))
  session.on('error', () => {})
  const stream = session.request({ ':path': '/events', authorization: `Bearer ${own}` })
  stream.on('error', () => {})
  const [headers] = await once(stream, 'response')
  expect(headers['content-type']).toBe('text/event-stream')
  for (const text of ['one', 'two']) {
    const event = once(stream, 'data')
    push(text)
    expect(String((await event)[0])).toBe(`data: ${text}\n\n`)
  }
  const ended = once(session, 'close')
  stream.resume()
  await harness.revoke(mortal.id)
  await ended
})

/** Responds with the trailers of the request and some of its own. */
const echoTrailers = (request: IncomingMessage, response: ServerResponse) => {
  request.resume().once('end', () => {
    response.writeHead(200, { trailer: 'x-sum' })
    response.write(JSON.stringify(request.trailers))
    response.addTrailers({ 'x-sum': '42', 'set-cookie': 'forged=1' })
    response.end()
  })
}

test('the gateway forwards trailers of a response, and announced ones of a request, over HTTP/1.1', async () => {
  upstream.answerWith(echoTrailers)
  const headers = { ...bearer(), trailer: 'x-check, client-cert', 'transfer-encoding': 'chunked' }
  const request = httpsRequest(`${harness.url()}/t`, {
    method: 'POST',
    agent: false,
    ...tlsOf(client),
    headers,
  })
  request.write('body')
  request.addTrailers({ 'x-check': 'abc', 'Client-Cert': 'forged', 'X-Forwarded-For': 'forged' })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  expect(JSON.parse(text)).toEqual({ 'x-check': 'abc' })
  expect(response.trailers).toEqual({ 'x-sum': '42' })
})

test('the gateway forwards trailers in both directions over HTTP/2', async () => {
  upstream.answerWith(echoTrailers)
  const session = connectHttp2(harness.url(), tlsOf(client))
  const stream = session.request(
    { ':path': '/t', ':method': 'POST', ...bearer(), trailer: 'x-check' },
    { waitForTrailers: true },
  )
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': 'h2' }))
  let trailers: Record<string, unknown> = {}
  stream.on('trailers', (given) => {
    trailers = given
  })
  stream.end('body')
  let text = ''
  for await (const chunk of stream) text += chunk
  expect(JSON.parse(text)).toEqual({ 'x-check': 'h2' })
  expect(trailers['x-sum']).toBe('42')
  session.close()
})

const megabytes = Number(process.env.POSTERN_STREAM_MEGABYTES ?? 256)
const piece = randomBytes(1_048_576)

/** Returns the largest increase of this process's resident set while `work` runs, in bytes. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  await work()
  clearInterval(timer)
  return most - before
}

async function* pieces(): AsyncGenerator<Buffer> {
  for (let i = 0; i < megabytes; i++) yield piece
}

for (const version of ['HTTP/1.1', 'HTTP/2'] as const) {
  test(`the gateway streams ${megabytes} MiB up and down over ${version} in constant memory`, {
    timeout: 600_000,
  }, async () => {
    let arrived = 0
    upstream.answerWith((request, response) => {
      request.on('data', (chunk: Buffer) => {
        arrived += chunk.length
      })
      request.once('end', async () => {
        response.writeHead(200)
        for await (const one of pieces()) if (!response.write(one)) await once(response, 'drain')
        response.end()
      })
    })
    let received = 0
    const growth = await growthDuring(async () => {
      const body = version === 'HTTP/2' ? openHttp2() : openHttp1()
      for await (const one of pieces()) if (!body.write(one)) await once(body, 'drain')
      body.end()
      for await (const chunk of await body.answer) received += (chunk as Buffer).length
      body.finish()
    })
    process.stdout.write(`${version}: ${megabytes} MiB each way, RSS + ${Math.round(growth / 1e6)} MB\n`)
    expect([arrived, received]).toEqual([megabytes * 1_048_576, megabytes * 1_048_576])
    expect(growth).toBeLessThan(150_000_000)
  })
}

function openHttp1() {
  const request = httpsRequest(`${harness.url()}/large`, {
    method: 'PUT',
    agent: false,
    ...tlsOf(client),
    headers: bearer(),
  })
  const answer = once(request, 'response').then(([response]) => response as AsyncIterable<Buffer>)
  return Object.assign(request, { answer, finish: () => {} })
}

function openHttp2() {
  const session = connectHttp2(harness.url(), tlsOf(client))
  const stream = session.request({ ':path': '/large', ':method': 'PUT', ...bearer() })
  const answer = once(stream, 'response').then(() => stream as AsyncIterable<Buffer>)
  return Object.assign(stream, { answer, finish: () => session.close() })
}

test.each(['1.1', '2'])(
  'the gateway forwards a response that comes before the whole request body, over HTTP/%s',
  // Over HTTP/2, nghttp2 in Node sometimes resets a stream whose upload goes on with PROTOCOL_ERROR.
  { retry: 3 },
  async (version) => {
    upstream.answerWith((_request, response) => {
      response.writeHead(413).end('too much')
    })
    const folder = harness.folder
    const file = join(folder, 'large')
    writeFileSync(file, Buffer.alloc(30_000_000))
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--show-error', `--http${version}`, '--cacert', harness.caFile, '--max-time', '20'],
      ...['--cert', client.certFile, '--key', client.keyFile, '--header', `authorization: Bearer ${token}`],
      ...['--header', 'expect:', '--write-out', ' %{http_code} %{http_version}', '--upload-file', file],
      `${harness.url()}/large`,
    ])
    expect(stdout).toBe(`too much 413 ${version}`)
  },
)
