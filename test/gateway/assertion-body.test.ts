import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

const kibibyte = 1024
let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient
let body: Buffer

beforeAll(async () => {
  upstream = await openUpstream()
  const settings = { assertionBodyDigest: true, assertionBodyKilobytes: 64 }
  const production = { upstream: upstream.url, routes: null, ...settings }
  harness = await openGatewayHarness({ environments: { production } })
  caller = await openTestClient(harness)
})
beforeEach(() =>
  upstream.answerWith(async (request, response) => {
    body = Buffer.concat(await request.toArray())
    response.end('ok')
  }),
)
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const claims = () => decodeJwt(String(upstream.seen.at(-1)?.headers['postern-assertion']))
const digestOf = (content: Buffer) => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`

test.each<[string, number, Record<string, string>]>([
  ['its length', 50 * kibibyte, {}],
  ['chunks', 50 * kibibyte, { 'transfer-encoding': 'chunked' }],
  ['Expect: 100-continue', 50 * kibibyte, { expect: '100-continue' }],
  ['exactly the maximum size', 64 * kibibyte, {}],
  ['nothing', 0, {}],
])('the upstream gets the body of a request sent with %s, and its digest', async (_what, size, headers) => {
  const sent = Buffer.alloc(size, 'payment')
  const length: Record<string, string> =
    'transfer-encoding' in headers ? {} : { 'content-length': String(size) }
  const answer = await caller.call('/a', { method: 'POST', body: sent, headers: { ...headers, ...length } })
  expect(answer.status).toBe(200)
  expect(body.equals(sent)).toBe(true)
  expect(claims().content_digest).toBe(digestOf(sent))
})

test('a request without a body has the digest of an empty body', async () => {
  expect((await caller.call('/a')).status).toBe(200)
  expect(claims().content_digest).toBe(digestOf(Buffer.alloc(0)))
})

test.each([{}, { 'transfer-encoding': 'chunked' }])(
  'the gateway denies a larger body, which does not reach the upstream (%j)',
  async (headers) => {
    const before = upstream.seen.length
    const sent = { method: 'POST', body: Buffer.alloc(65 * kibibyte), headers: headers as never }
    expect(await caller.call('/a', sent)).toMatchObject({ status: 413, code: 'body_too_large' })
    expect(upstream.seen.length).toBe(before)
    expect((await caller.call('/a')).status).toBe(200)
  },
)

test('over HTTP/2 the gateway resets the stream of a larger body and serves the other streams of the connection', async () => {
  const session = connectHttp2(harness.url(), caller.tls)
  const open = (method: string) =>
    session.request({ ':path': '/a', ':method': method, authorization: caller.bearer.authorization })
  const statusOf = async (stream: ClientHttp2Stream) => {
    const [headers] = await once(stream, 'response')
    return headers[':status']
  }
  const long = open('POST')
  long.on('error', () => {})
  long.write(Buffer.alloc(65 * kibibyte))
  expect(await statusOf(long)).toBe(413)
  await once(long.resume(), 'close')
  const right = open('POST')
  right.end(Buffer.alloc(10 * kibibyte, 'x'))
  expect(await statusOf(right)).toBe(200)
  expect(claims().content_digest).toBe(digestOf(Buffer.alloc(10 * kibibyte, 'x')))
  session.destroy()
})
