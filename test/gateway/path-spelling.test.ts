import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { sendRawHttp2 } from '../support/raw-http2.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let harness: GatewayHarness
let upstream: UpstreamServer
let caller: GatewayTestClient

beforeAll(async () => {
  upstream = await openUpstream()
  const production = {
    upstream: upstream.url,
    routes: [
      { path: '/payments', scope: 'payments:read' },
      { path: '/payments/refunds', scope: 'payments:write' },
      { path: '/payments/payouts', methods: ['GET'], scope: 'payments:write' },
    ],
  }
  harness = await openGatewayHarness({ environments: { production } })
  // A token with the scope `read` only.
  caller = await openTestClient(harness, 'production', 'acme', ['payments:read'])
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const targets = [
  '/payments/refunds#',
  '/payments/refunds#x',
  '/payments#/../refunds',
  '/payments?a#b',
  '/payments/Refunds',
  '/payments/refunds;x',
  '/payments/refunds%3Bx',
  '/payments/refunds.',
  '/payments/refunds.json',
  '/payments/refunds%20',
  '/payments/refunds%23',
  '/payments/%72efunds',
  '/payments/%2572efunds',
  '/payments/x/%c0%ae%c0%ae/refunds',
  '/payments/[refunds]',
]

test.each(targets)(
  'the gateway denies GET %s to a token without the scope of the nested route, over HTTP/1.1 and HTTP/2',
  async (target) => {
    const before = upstream.seen.length
    const { text } = await caller.sendRaw(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${caller.token}\r\nConnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(text).toContain('"code":"bad_request"')
    const ending = await sendRawHttp2(
      { host: 'localhost', port: harness.port(), servername: 'localhost', ...caller.tls },
      [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'localhost'],
        [':path', target],
        ['authorization', `Bearer ${caller.token}`],
      ],
    )
    expect(ending).toEqual({ status: '400' })
    expect(upstream.seen.length).toBe(before)
  },
)

test.each([
  ['/payments', 200],
  ['/payments/1?a=/payments/refunds;b', 200],
  ['/payments/a%20b', 200],
  ['/payments/refunds', 403],
])('the gateway answers the ordinary request %s with %i', async (path, status) => {
  expect((await caller.call(path)).status).toBe(status)
})

test('HEAD requires the same scope as GET', async () => {
  expect((await caller.call('/payments/payouts', { method: 'HEAD' })).status).toBe(403)
  expect((await caller.call('/payments/1', { method: 'HEAD' })).status).toBe(200)
})

test('the gateway rejects methods that some frameworks map to another method', async () => {
  const before = upstream.seen.length
  const ending = await sendRawHttp2(
    { host: 'localhost', port: harness.port(), servername: 'localhost', ...caller.tls },
    [
      [':method', 'get'],
      [':scheme', 'https'],
      [':authority', 'localhost'],
      [':path', '/payments/payouts'],
      ['authorization', `Bearer ${caller.token}`],
    ],
  )
  expect(ending).toEqual({ status: '501' })
  expect(upstream.seen.length).toBe(before)
})
