import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { BlockList } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
const logged: { kind?: string; traceId?: string; err?: Error }[] = []
/** The requests that are in progress at the upstream. */
const open = new Set<IncomingMessage>()

beforeAll(async () => {
  upstream = await openUpstream()
  const scopes = [
    { name: 'read', description: '' },
    { name: 'write', description: '' },
  ]
  const production = {
    upstream: upstream.url,
    scopes,
    routes: [{ path: '/', scope: 'read' }],
    enforcement: 'observe' as const,
  }
  harness = await openGatewayHarness({
    environments: { production },
    log: { warn: (facts) => void logged.push(facts), error: (facts) => void logged.push(facts) },
  })
})
beforeEach(() => {
  upstream.answerWith((request, response) => {
    open.add(request)
    response.once('close', () => open.delete(request))
    request.on('error', () => {}).resume()
    const send = () => void response.write(`${'x'.repeat(1000)}\n`)
    const kinds: Record<string, string> = {
      '/ndjson': 'application/x-ndjson',
      '/events': 'text/event-stream',
    }
    if (request.url === '/wait' || request.url === '/upload') return
    response.writeHead(200, {
      ...(kinds[request.url ?? ''] && { 'content-type': kinds[request.url ?? ''] }),
      ...(request.url === '/download' && { 'content-length': '1000000000' }),
    })
    send()
    const timer = setInterval(send, 50)
    response.once('close', () => clearInterval(timer))
  })
  upstream.server.removeAllListeners('upgrade')
  upstream.server.on('upgrade', (request, socket) => {
    open.add(request)
    socket.on('error', () => {}).once('close', () => open.delete(request))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
    socket.on('end', () => socket.end()).resume()
  })
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Opens a client with its own credentials, so that a change to them ends only its own requests. */
async function openClient({ isBound = true, ...limits }: { isBound?: boolean; scopes?: string[] } = {}) {
  const [certificate, credential] = [await harness.issue(), await harness.createCredential(limits)]
  const tls = { ca: harness.ca, ...(isBound && { cert: certificate.cert, key: certificate.key }) }
  const { clientId, secret } = credential
  const options = { method: 'POST', agent: false, ...tls, auth: `${clientId}:${secret}` }
  const asked = httpsRequest(`${harness.url()}/token`, {
    ...options,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  asked.end('grant_type=client_credentials')
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const token: string = JSON.parse(await readText(response)).access_token
  return { tls, token, credential, certificate }
}
type Client = { tls: object; token: string; credential: TestCredential; certificate: TestClient }

async function readText(response: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

/** The result of an open request: the response if complete, otherwise that it was cut off. */
type Ending = { status: number; code: string } | 'cut'

const upgrade = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}

/** Starts a request over HTTP/1.1; returns its result. */
async function beginHttp1({ tls, token }: Client, path: string): Promise<{ ending: Promise<Ending> }> {
  const isUpload = path === '/upload'
  const headers = {
    authorization: `Bearer ${token}`,
    ...(path === '/socket' && upgrade),
    ...(isUpload && { 'content-length': '1000000000' }),
  }
  const request = httpsRequest(`${harness.url()}${path}`, {
    method: isUpload ? 'POST' : 'GET',
    agent: false,
    ...tls,
    headers,
  })
  request.on('error', () => {})
  if (path === '/socket') {
    request.end()
    const [, socket] = await once(request, 'upgrade')
    socket.on('error', () => {}).resume()
    return { ending: once(socket, 'close').then(() => 'cut') }
  }
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  answered.catch(() => {})
  const timer = isUpload ? setInterval(() => request.write('x'.repeat(1000)), 50) : undefined
  request.once('close', () => clearInterval(timer))
  if (!isUpload) request.end()
  if (!isUpload && path !== '/wait') await answered
  const ending = answered.then(async ([response]): Promise<Ending> => {
    clearInterval(timer)
    const text = await readText(response).catch(() => undefined)
    request.destroy()
    return text === undefined ? 'cut' : { status: response.statusCode as number, code: JSON.parse(text).code }
  })
  return { ending }
}

/** Starts a request over HTTP/2; returns its result. */
async function beginHttp2({ tls, token }: Client, path: string): Promise<{ ending: Promise<Ending> }> {
  const session = connectHttp2(harness.url(), tls)
  session.on('error', () => {})
  const isUpload = path === '/upload'
  const stream = session.request(
    { ':path': path, ':method': isUpload ? 'POST' : 'GET', authorization: `Bearer ${token}` },
    { endStream: !isUpload },
  )
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  const over = new Promise<void>((resolve) => {
    for (const event of ['end', 'aborted', 'error', 'close']) stream.on(event, () => resolve())
  })
  const timer = isUpload ? setInterval(() => stream.closed || stream.write('x'.repeat(1000)), 50) : undefined
  const answered = new Promise<number>((resolve) =>
    stream.once('response', (headers) => resolve(Number(headers[':status']))),
  )
  if (!isUpload && path !== '/wait') await answered
  const ending = answered.then(async (status): Promise<Ending> => {
    clearInterval(timer)
    await over
    session.destroy()
    return text.startsWith('{') ? { status, code: JSON.parse(text).code } : 'cut'
  })
  return { ending }
}

const ways = [
  ['NDJSON over HTTP/1.1', beginHttp1, '/ndjson'],
  ['NDJSON over HTTP/2', beginHttp2, '/ndjson'],
  ['a long download over HTTP/1.1', beginHttp1, '/download'],
  ['a long download over HTTP/2', beginHttp2, '/download'],
  ['a long upload over HTTP/1.1', beginHttp1, '/upload'],
  ['a long upload over HTTP/2', beginHttp2, '/upload'],
  ['server-sent events over HTTP/1.1', beginHttp1, '/events'],
  ['server-sent events over HTTP/2', beginHttp2, '/events'],
  ['a WebSocket', beginHttp1, '/socket'],
  ['a request that waits for its response', beginHttp1, '/wait'],
] as const

async function revokeToken({ tls, token, credential: { clientId, secret } }: Client): Promise<void> {
  const options = { method: 'POST', agent: false, ...tls, auth: `${clientId}:${secret}` }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = httpsRequest(`${harness.url()}/revoke`, { ...options, headers })
  request.end(`token=${token}`)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(200)
}

const unanswered = new Set(['/upload', '/wait'])

/**
 * Expects that a request was denied if it had no response yet, else cut off, and that the upstream is free of
 * it.
 */
async function expectEnded(ending: Promise<Ending>, path: string, denial: { status: number; code: string }) {
  expect(await ending).toEqual(unanswered.has(path) ? denial : 'cut')
  for (const end = Date.now() + 5000; open.size > 0; ) {
    if (Date.now() > end) throw new Error('the upstream still has the call')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe.each(ways)('%s', (_what, begin, path) => {
  test('an open request ends when its token is revoked', async () => {
    const client = await openClient()
    const { ending } = await begin(client, path)
    await untilOpen()
    await revokeToken(client)
    await expectEnded(ending, path, { status: 401, code: 'token_revoked' })
  })

  test('an open request ends when its credentials are deleted', async () => {
    const client = await openClient()
    const { ending } = await begin(client, path)
    await untilOpen()
    await harness.deleteCredential(client.credential.id)
    await expectEnded(ending, path, { status: 401, code: 'token_revoked' })
  })
})

async function untilOpen(): Promise<void> {
  for (const end = Date.now() + 5000; open.size === 0; ) {
    if (Date.now() > end) throw new Error('the upstream has not got the call')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('an open response ends when its credentials are limited to another certificate', async () => {
  const [client, other] = [await openClient(), await harness.issue()]
  const { ending } = await beginHttp1(client, '/ndjson')
  await harness.limitCredential(client.credential.id, { certificateIds: [other.id] })
  await expectEnded(ending, '/ndjson', { status: 401, code: '' })
})

test('an open upload is denied when its credentials are limited to another network', async () => {
  const client = await openClient()
  const { ending } = await beginHttp1(client, '/upload')
  await untilOpen()
  await harness.limitCredential(client.credential.id, { networks: ['192.0.2.0/24'] })
  await expectEnded(ending, '/upload', { status: 403, code: 'network_not_allowed' })
})

test('an open request is denied when its credentials lose the scope that it needs', async () => {
  const client = await openClient()
  const { ending } = await beginHttp1(client, '/wait')
  await untilOpen()
  await harness.limitCredential(client.credential.id, { scopes: ['write'] })
  await expectEnded(ending, '/wait', { status: 403, code: 'token_scope_missing' })
})

test('an open response continues after a change of its credentials that still allows it', async () => {
  const client = await openClient()
  const { ending } = await beginHttp1(client, '/ndjson')
  await harness.limitCredential(client.credential.id, {
    scopes: ['read'],
    certificateIds: [client.certificate.id],
    networks: ['127.0.0.0/8', '::1/128'],
  })
  const first = await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, 2500, 'goes on'))])
  expect(first).toBe('goes on')
  await harness.deleteCredential(client.credential.id)
  await expectEnded(ending, '/ndjson', { status: 401, code: '' })
})

test('when an organization begins to require certificates, open responses without one end and others continue', async () => {
  const [without, bound] = [await openClient({ isBound: false }), await openClient()]
  const { ending } = await beginHttp1(without, '/ndjson')
  const { ending: going } = await beginHttp1(bound, '/ndjson')
  await harness.setPlan('enforce')
  expect(await ending).toBe('cut')
  const first = await Promise.race([going, new Promise((resolve) => setTimeout(resolve, 2500, 'goes on'))])
  expect(first).toBe('goes on')
  await harness.revoke(bound.certificate.id)
  expect(await going).toBe('cut')
})

test('a call that cannot be judged again ends, and the log says why with its trace ID', async () => {
  const client = await openClient()
  const traceId = 'ab'.repeat(16)
  const request = httpsRequest(`${harness.url()}/wait`, {
    agent: false,
    ...client.tls,
    headers: { authorization: `Bearer ${client.token}`, traceparent: `00-${traceId}-${'1'.repeat(16)}-01` },
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.end()
  await expect.poll(() => open.size).toBe(1)
  const fault = vi.spyOn(BlockList.prototype, 'check').mockImplementation(() => {
    throw new Error('a fault of ours')
  })
  try {
    await harness.limitCredential(client.credential.id, { networks: ['127.0.0.0/8'] })
    const [response] = await answered
    expect(JSON.parse((await readText(response)) ?? '')).toMatchObject({ code: 'internal_error', traceId })
  } finally {
    fault.mockRestore()
  }
  const lines = logged.filter(({ kind }) => kind === 'internal_error')
  expect(lines).toEqual([expect.objectContaining({ traceId, err: new Error('a fault of ours') })])
})
