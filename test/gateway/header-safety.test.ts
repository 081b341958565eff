import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headerFamilies, listPatterns } from '../../src/shapes/identity-headers.ts'
import { type GatewayCaller, openCaller } from '../support/gateway-caller.ts'
import { type GatewayWorld, openGatewayWorld } from '../support/gateway-world.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let world: GatewayWorld
let caller: GatewayCaller
let session: ClientHttp2Session

beforeAll(async () => {
  upstream = await openUpstream()
  const production = { upstream: upstream.url, routes: null }
  world = await openGatewayWorld({ environments: { production } })
  caller = await openCaller(world)
  session = connectHttp2(world.url(), caller.tls)
})
afterAll(async () => {
  session.destroy()
  await world[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Headers by which proxies, load balancers and servers tell who calls, and new ones that begin as those do. */
const identityHeaders = [
  ...headerFamilies.flatMap(({ known }) => known),
  ...listPatterns().map((pattern) => pattern.replace('*', 'anything')),
]

/** A name as somebody might write it who wants to get past a list: other case, other marks for the dashes. */
const spelling = (name: string) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }),
      fc.constantFrom('-', '_', '.', '-'),
    )
    .map(([upper, mark]) =>
      [...name]
        .map((letter, index) =>
          letter === '-' ? mark : upper[index] ? letter.toUpperCase() : letter.toLowerCase(),
        )
        .join(''),
    )

const forged = fc
  .array(fc.constantFrom(...identityHeaders).chain(spelling), { minLength: 1, maxLength: 12 })
  .map((names) => names.map((name, index): [string, string] => [name, `forged${index}`]))

/** What the gateway itself says, by the names that a server might read them under. */
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
    'postern-assertion',
    'host',
    'authorization',
  ])
    expect(headers.get(name), name).toHaveLength(1)
}

test('no spelling of an identity header of a client reaches the upstream over HTTP/1.1', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(forged, fc.boolean(), async (fields, isNominated) => {
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      // Naming our own headers as those of one connection must not remove them either.
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

test('nor over HTTP/2, where a name may come several times', { timeout: 60_000 }, async () => {
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

test('each of them by itself, as it is written', { timeout: 60_000 }, async () => {
  for (const name of identityHeaders) {
    const stream = session.request({ ':path': '/x', ...caller.bearer, [name]: 'forged' })
    const [answer] = await once(stream, 'response')
    stream.resume()
    expect(answer[':status']).toBe(200)
    expectGenuine(upstream.seen.at(-1)?.rawHeaders ?? [])
  }
})

test('what is said of one connection alone, and what only looks like a framing header, stays behind', async () => {
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

test('everything else reaches the upstream as it was', async () => {
  const headers = {
    'X-Client-Version': '1.2',
    'X-Request-Id': 'abc',
    Accept: 'application/json',
    'Accept-Language': 'pl',
    'User-Agent': 'test',
    'Content-Type': 'application/json',
    'Idempotency-Key': 'k1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    Cookie: 'a=1; b=2',
  }
  await caller.call('/x', { method: 'POST', headers, body: '{}' })
  const seen = upstream.seen.at(-1)?.headers ?? {}
  for (const [name, value] of Object.entries(headers)) expect(seen[name.toLowerCase()], name).toBe(value)
})
