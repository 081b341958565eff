import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { headerFamilies, listPatterns } from '../../src/shapes/identity-headers.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient
let session: ClientHttp2Session

beforeAll(async () => {
  upstream = await openUpstream()
  const production = { upstream: upstream.url, routes: null }
  harness = await openGatewayHarness({ environments: { production } })
  caller = await openTestClient(harness)
  session = connectHttp2(harness.url(), caller.tls)
})
afterAll(async () => {
  session.destroy()
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Identity headers of proxies, load balancers and servers, and new ones with the same prefixes. */
const identityHeaders = [
  ...headerFamilies.flatMap(({ known }) => known),
  ...listPatterns().map((pattern) => pattern.replace('*', 'anything')),
]

/** Generates a header name as an attacker writes it to get past a list: other case, other separators. */
const spelling = (name: string) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
      fc.constantFrom('-', '_', '.', '-'),
    )
    .map(([upper, mark]) =>
      [...name]
        .map((email, index) =>
          email === '-' ? mark : upper[index] ? email.toUpperCase() : email.toLowerCase(),
        )
        .join(''),
    )

const forged = fc
  .array(fc.constantFrom(...identityHeaders).chain(spelling), { minLength: 1, maxLength: 12 })
  .map((names) => names.map((name, index): [string, string] => [name, `forged${index}`]))

/** Returns the headers that the gateway sets, by the names under which a server may read them. */
function ownHeaders(rawHeaders: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase().replaceAll(/[^a-z0-9]/g, '-')
    found.set(name, [...(found.get(name) ?? []), rawHeaders[i + 1] as string])
  }
  return found
}

function expectGenuine(rawHeaders: readonly string[]): void {
  expect(JSON.stringify(rawHeaders)).not.toContain('forged')
  const headers = ownHeaders(rawHeaders)
  expect(headers.get('client-cert')).toEqual([`:${Buffer.from(caller.client.der).toString('base64')}:`])
  expect(headers.get('x-forwarded-for')).toEqual(['127.0.0.1'])
  for (const name of [
    'client-cert-chain',
    'x-forwarded-proto',
    'postern-trace-id',
    'traceparent',
    'postern-assertion',
    'host',
    'authorization',
  ])
    expect(headers.get(name), name).toHaveLength(1)
}

test("no spelling of a client's identity header reaches the upstream over HTTP/1.1", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(forged, fc.boolean(), async (fields, isNominated) => {
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      // A `Connection` header that names the gateway's own headers must not remove them.
      const nominated = isNominated ? ', client-cert, x-forwarded-for, postern-assertion' : ''
      const { text } = await caller.sendRaw(
        `GET /x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\nconnection: close${nominated}\r\n${lines}\r\n`,
      )
      expect(text).toMatch(/^HTTP\/1\.1 200 /)
      expectGenuine(upstream.seen.at(-1)?.rawHeaders ?? [])
    }),
    { numRuns: 150 },
  )
})

test('no spelling of an identity header reaches the upstream over HTTP/2, even if it is repeated', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(forged, async (fields) => {
      const headers: Record<string, string | string[]> = { ':path': '/x', ...caller.bearer }
      for (const [name, value] of fields) headers[name.toLowerCase()] = [value, `${value}-again`]
      const stream = session.request(headers)
      const [answer] = await once(stream, 'response')
      stream.resume()
      expect(answer[':status']).toBe(200)
      expectGenuine(upstream.seen.at(-1)?.rawHeaders ?? [])
    }),
    { numRuns: 150 },
  )
})

test('no identity header in its usual spelling reaches the upstream', { timeout: 60_000 }, async () => {
  for (const name of identityHeaders) {
    const stream = session.request({ ':path': '/x', ...caller.bearer, [name]: 'forged' })
    const [answer] = await once(stream, 'response')
    stream.resume()
    expect(answer[':status']).toBe(200)
    expectGenuine(upstream.seen.at(-1)?.rawHeaders ?? [])
  }
})

test('hop-by-hop headers and look-alikes of framing headers do not reach the upstream', async () => {
  const headers = {
    Connection: 'close, X-Secret-Hop',
    'X-Secret-Hop': 'forged',
    'Keep-Alive': 'forged',
    'Proxy-Authorization': 'forged',
    'Proxy-Connection': 'forged',
    TE: 'trailers',
    Transfer_Encoding: 'forged',
    Content_Length: 'forged',
    'Content.Length': 'forged',
    Host_: 'kept',
    HTTP_AUTHORIZATION: 'kept',
  }
  await caller.call('/x', { headers })
  expectGenuine(upstream.seen.at(-1)?.rawHeaders ?? [])
})

test('all other headers reach the upstream unchanged', async () => {
  const headers = {
    'X-Client-Version': '1.2',
    'X-Request-Id': 'abc',
    Accept: 'application/json',
    'Accept-Language': 'pl',
    'User-Agent': 'test',
    'Content-Type': 'application/json',
    'Idempotency-Key': 'k1',
    Cookie: 'a=1; b=2',
  }
  await caller.call('/x', { method: 'POST', headers, body: '{}' })
  const seen = upstream.seen.at(-1)?.headers ?? {}
  for (const [name, value] of Object.entries(headers)) expect(seen[name.toLowerCase()], name).toBe(value)
})

describe('traceparent', () => {
  const clientTrace = '0af7651916cd43dd8448eb211c80319c'
  const sent = `00-${clientTrace}-b7ad6b7169203331-01`
  const send = async (headers: Record<string, string>) => {
    const answer = await caller.call('/x', { headers: { ...headers, tracestate: 'vendor=1' } })
    const seen = upstream.seen.at(-1)?.headers ?? {}
    const [, id, parent, flags] =
      /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[0-3])$/.exec(String(seen.traceparent)) ?? []
    expect(answer.headers['postern-trace-id']).toBe(id)
    expect(seen['postern-trace-id']).toBe(id)
    return { id, parent, flags, tracestate: seen.tracestate }
  }

  test('of a client names the answer, and reaches the upstream with another parent', async () => {
    const seen = await send({ traceparent: sent })
    expect(seen).toMatchObject({ id: clientTrace, flags: '01', tracestate: 'vendor=1' })
    expect(seen.parent).not.toBe('b7ad6b7169203331')
  })

  test('keeps the decision of a client not to sample', async () => {
    expect((await send({ traceparent: sent.replace(/01$/, '00') })).flags).toBe('00')
  })

  test.each([
    ['no', {}],
    ['an invalid', { traceparent: sent.toUpperCase() }],
    ['a zero', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
  ])('begins at the gateway for %s header, without the tracestate of the client', async (_, headers) => {
    const seen = await send(headers as Record<string, string>)
    expect(seen).toMatchObject({ flags: '01', tracestate: undefined })
    expect(seen.id).not.toMatch(new RegExp(`^(?:${clientTrace}|0{32})$`, 'i'))
  })

  test('cannot be removed by a Connection header that names it', async () => {
    await caller.sendRaw(
      `GET /x HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\nconnection: close, traceparent\r\ntraceparent: ${sent}\r\n\r\n`,
    )
    const seen = upstream.seen.at(-1)?.headers ?? {}
    expect(String(seen.traceparent)).toContain(seen['postern-trace-id'])
  })
})
