import { readFileSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { sendRawHttp1 } from '../support/raw-http1.ts'
import { sendRawHttp2 } from '../support/raw-http2.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let upstream: UpstreamServer
let harness: GatewayHarness
let caller: GatewayTestClient
let session: ClientHttp2Session

beforeAll(async () => {
  upstream = await openUpstream()
  const production = { upstream: upstream.url, routes: null, recordedPaths: 'full' as const }
  harness = await openGatewayHarness({
    environments: { production, staging: { ...production, denials: 'drop' } },
  })
  caller = await openTestClient(harness)
  session = connectHttp2(harness.url(), caller.tls)
})
afterAll(async () => {
  session.destroy()
  await harness[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Sends the lines of a request head with the token, followed by `rest`. */
const send = (
  [first = '', ...lines]: string[],
  {
    body = '',
    tls = caller.tls,
    environment = 'production',
    ...more
  }: { body?: string; tls?: object; environment?: string; isHead?: boolean; next?: string } = {},
) =>
  sendRawHttp1(
    { port: harness.port(environment), ...tls },
    Buffer.from(
      `${[first, `authorization: Bearer ${caller.token}`, ...lines].join('\r\n')}\r\n\r\n${body}`,
      'latin1',
    ),
    more,
  )
const host = 'host: localhost'
const get = (target: string, ...lines: string[]) => [`GET ${target} HTTP/1.1`, host, ...lines]
const post = (target: string, ...lines: string[]) => [`POST ${target} HTTP/1.1`, host, ...lines]
const codeOf = ({ body }: { body: string }): string | undefined =>
  body.startsWith('{') ? JSON.parse(body).code : undefined

/** The denials that must appear in the activity exactly once. */
const traceIds: string[] = []

/** Returns the response of the gateway over HTTP/2. */
async function sendHttp2(headers: Record<string, string>, content?: string) {
  const stream = session.request({ ...caller.bearer, ...headers }, { endStream: content === undefined })
  if (content !== undefined) stream.end(content)
  let answered: Record<string, unknown> = {}
  stream.once('response', (given) => {
    answered = given
  })
  let body = ''
  for await (const chunk of stream) body += chunk
  return { status: answered[':status'], headers: answered as Record<string, string>, code: codeOf({ body }) }
}

/** Reads a file of the reports as it is sent over the connection. */
const report = (name: string): Buffer => {
  const bytes = readFileSync(join(import.meta.dirname, '../reports/requests', name))
  return Buffer.from(bytes.toString('latin1').replace('$TOKEN', caller.token), 'latin1')
}
const sendReport = (name: string, tls: object = caller.tls) =>
  sendRawHttp1({ port: harness.port(), ...tls }, report(name))

describe('what clients were reported to send', () => {
  test('absolute-form-whoami.http gets the same response as GET /whoami', async () => {
    const { statuses, body } = await sendReport('absolute-form-whoami.http')
    expect(statuses).toEqual([200])
    expect(JSON.parse(body).certificate.id).toBe(caller.client.id)
  })

  test('upgrade-tls-1.2.http is served over HTTP/1.1, and the header is not forwarded', async () => {
    expect(await sendReport('upgrade-tls-1.2.http')).toMatchObject({ statuses: [200], body: 'ok' })
    expect(upstream.seen.at(-1)).toMatchObject({ method: 'GET', url: '/payments' })
    expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('upgrade')
  })

  test('http-1.0-expect.http gets its response only, without 100 Continue', async () => {
    expect(await sendReport('http-1.0-expect.http')).toMatchObject({ statuses: [200], isClosed: true })
  })

  test.each([
    ['expect-unknown.http', 417, 'expectation_failed'],
    ['raw-utf8-query.http', 400, 'bad_request'],
  ])('%s gets an error of the gateway after the certificate check', async (name, status, code) => {
    const answer = await sendReport(name)
    expect([answer.statuses, codeOf(answer)]).toEqual([[status], code])
    const [row] = await harness.untilActivity(({ trace_id }) => trace_id === JSON.parse(answer.body).traceId)
    expect(row).toMatchObject({ code, certificate_id: caller.client.id })
    if (code === 'bad_request') expect(row?.explanation).toContain('Percent-encode')
    expect(codeOf(await sendReport(name, { ca: harness.ca }))).toBe('certificate_missing')
  })
})

describe('the target of a request', () => {
  test.each([
    ['https://localhost:1/a?b=c', '/a?b=c'],
    ['HTTPS://LOCALHOST/a', '/a'],
    ['https://localhost', '/'],
    ['https://localhost?b=c', '/?b=c'],
  ])('%s is handled as %s, whatever Host is', async (target, url) => {
    const { statuses } = await send([`GET ${target} HTTP/1.1`, 'host: other.example'])
    expect([statuses, upstream.seen.at(-1)?.url]).toEqual([[200], url])
    expect(upstream.seen.at(-1)?.headers['x-forwarded-host']).toMatch(/^localhost/i)
  })

  test.each([
    ['https://other.example/a', 421, 'wrong_host'],
    ['https://user@localhost/a', 400, 'bad_request'],
    ['http://localhost/a', 400, 'bad_request'],
    ['https:///a', 400, 'bad_request'],
    ['*', 400, 'bad_request'],
    ['/a b', 400, 'bad_request'],
  ])('%s is rejected with %i', async (target, status, code) => {
    const before = upstream.seen.length
    const answer = await send(get(target))
    expect([answer.statuses, codeOf(answer), upstream.seen.length]).toEqual([[status], code, before])
  })

  test('must be ASCII over HTTP/2 as well, at every path', async () => {
    for (const path of ['/whoami?name=\xc5\x81', '/a?name=\xc5\x81']) {
      const fields = [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':authority', 'localhost'],
        [':path', path],
        ['authorization', `Bearer ${caller.token}`],
      ] as const
      const ending = await sendRawHttp2({ host: 'localhost', port: harness.port(), ...caller.tls }, fields)
      expect(ending).toEqual({ status: '400' })
    }
  })

  test.each([17_000, 20_000, 70_000])(
    'of %i octets is too long: 414; a header of that size gets 431',
    async (n) => {
      for (const [lines, status, code] of [
        [get(`/${'a'.repeat(n)}`), 414, 'target_too_long'],
        [get('/a', `x: ${'a'.repeat(n)}`), 431, 'headers_too_large'],
        [get('/a', `x: ${'a b'.repeat(n / 3)}`), 431, 'headers_too_large'],
      ] as const) {
        const answer = await send([...lines])
        expect([answer.statuses, codeOf(answer)]).toEqual([[status], code])
        expect(answer.headers).toMatchObject({ 'postern-trace-id': JSON.parse(answer.body).traceId })
      }
      if (n > 40_000) return
      expect(await sendHttp2({ ':path': `/${'a'.repeat(n)}` })).toMatchObject({ status: 414 })
      expect(await sendHttp2({ ':path': '/a', x: 'a'.repeat(n) })).toMatchObject({ status: 431 })
    },
  )
})

describe('Host', () => {
  test.each([
    ['twice', ['GET /whoami HTTP/1.1', host, host]],
    ['twice, with the target in absolute form', ['GET https://localhost/whoami HTTP/1.1', host, host]],
    ['twice, in HTTP/1.0', ['GET /whoami HTTP/1.0', host, 'HOST: localhost']],
    ['twice, at a public document', ['GET /jwks.json HTTP/1.1', host, host]],
    [
      'twice, after more fields than Node counts',
      ['GET /whoami HTTP/1.1', host, ...Array(2100).fill('a:'), host],
    ],
    ['missing', ['GET /whoami HTTP/1.1']],
    ['missing, with the target in absolute form', ['GET https://localhost/whoami HTTP/1.1']],
  ])('%s gets 400, and the connection is closed', async (_what, lines) => {
    const answer = await send(lines)
    expect([answer.statuses, codeOf(answer), answer.isClosed]).toEqual([[400], 'bad_request', true])
  })

  test('missing in HTTP/1.0 falls back to the server name of the handshake', async () => {
    const tls = { ...caller.tls, servername: 'localhost' }
    expect((await send(['GET /whoami HTTP/1.0'], { tls })).statuses).toEqual([200])
  })
})

describe('Upgrade', () => {
  const h2c = ['connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAEAAEAA']

  test.each([
    ['with a length', ['content-length: 2'], 'ab'],
    ['in chunks', ['transfer-encoding: chunked'], '2\r\nab\r\n0\r\n\r\n'],
  ])(
    'to h2c with a body %s is served over HTTP/1.1, and the connection continues',
    async (_what, lines, content) => {
      const next = `${get('/next', `authorization: Bearer ${caller.token}`).join('\r\n')}\r\n\r\n`
      const { statuses } = await send(post('/a', ...h2c, ...lines), { body: content, next })
      expect(statuses).toEqual([200, 200])
      const [call, after] = upstream.seen.slice(-2)
      expect([call?.method, call?.url, after?.url]).toEqual(['POST', '/a', '/next'])
      for (const name of ['upgrade', 'http2-settings']) expect(call?.headers).not.toHaveProperty(name)
    },
  )

  test('to a WebSocket is ignored in HTTP/1.0', async () => {
    const opening = [
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]
    expect((await send(['GET /a HTTP/1.0', host, ...opening])).statuses).toEqual([200])
  })
})

describe('Expect', () => {
  test('100-continue in other letter case asks for the body, over HTTP/1.1', async () => {
    const lines = post('/a', 'expect: 100-Continue', 'content-length: 2')
    expect((await send(lines, { body: 'ab' })).statuses).toEqual([100, 200])
  })

  test.each(['200-ok', '100-continue, 200-ok', ''])('%j is rejected with 417', async (value) => {
    for (const path of ['/a', '/token']) {
      const answer = await send(post(path, `expect: ${value}`, 'content-length: 2'), { body: 'ab' })
      expect([answer.statuses, codeOf(answer)]).toEqual([[417], 'expectation_failed'])
      if (value === '') continue
      const overHttp2 = await sendHttp2({ ':method': 'POST', ':path': path, expect: value }, 'ab')
      expect(overHttp2).toMatchObject({ status: 417, code: 'expectation_failed' })
    }
  })
})

describe('the method', () => {
  const http2 = (method: string, path: string) => sendHttp2({ ':method': method, ':path': path })
  const all = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

  test.each([
    ['TRACE', '/payments', 405, 'method_not_allowed', all],
    ['TRACE', '/whoami', 405, 'method_not_allowed', 'GET, HEAD'],
    ['FOO', '/payments', 501, 'method_unknown', undefined],
    ['FOO', '/whoami', 501, 'method_unknown', undefined],
    ['get', '/payments', 501, 'method_unknown', undefined],
    ['PUT', '/token', 405, 'method_not_allowed', 'POST'],
    ['GET', '/introspect', 405, 'method_not_allowed', 'POST'],
    ['HEAD', '/revoke', 405, undefined, 'POST'],
    ['DELETE', '/whoami', 405, 'method_not_allowed', 'GET, HEAD'],
    ['OPTIONS', '/whoami', 405, 'method_not_allowed', 'GET, HEAD'],
    ['POST', '/jwks.json', 405, 'method_not_allowed', 'GET, HEAD'],
    ['PATCH', '/.well-known/oauth-authorization-server', 405, 'method_not_allowed', 'GET, HEAD'],
  ])('%s %s gets %i, the same over HTTP/1.1 and HTTP/2', async (method, path, status, code, allow) => {
    const before = upstream.seen.length
    const isHead = method === 'HEAD'
    const over1 = await send([`${method} ${path} HTTP/1.1`, host], { isHead })
    expect([over1.statuses, codeOf(over1), over1.headers.allow]).toEqual([[status], code, allow])
    const over2 = await http2(method, path)
    expect([over2.status, over2.code, over2.headers.allow]).toEqual([status, code, allow])
    expect(upstream.seen.length).toBe(before)
  })

  test('CONNECT gets 405, over HTTP/1.1 and HTTP/2', async () => {
    const over1 = await send(['CONNECT localhost:443 HTTP/1.1', host])
    expect([over1.statuses, codeOf(over1), over1.headers.allow]).toEqual([[405], 'method_not_allowed', all])
    const fields = [
      [':method', 'CONNECT'],
      [':authority', 'localhost'],
    ] as const
    const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
    expect(await sendRawHttp2(tls, fields)).toEqual({ status: '405' })
  })

  test.each(['/whoami', '/jwks.json', '/.well-known/oauth-authorization-server'])(
    'HEAD %s returns the headers of GET without the content',
    async (path) => {
      const { headers: full } = await send(get(path))
      const { statuses, headers, body } = await send([`HEAD ${path} HTTP/1.1`, host], { isHead: true })
      expect([statuses, body]).toEqual([[200], ''])
      expect(headers['content-type']).toBe(full['content-type'])
      expect(headers['content-length']).toBe(full['content-length'])
      expect(await http2('HEAD', path)).toMatchObject({ status: 200, code: undefined })
    },
  )

  test('OPTIONS with Max-Forwards: 0 is not forwarded; a larger value is decreased by one', async () => {
    const before = upstream.seen.length
    const over1 = await send(['OPTIONS /a HTTP/1.1', host, 'max-forwards: 0'])
    expect([over1.statuses, over1.headers.allow]).toEqual([[204], all])
    expect((await send(['OPTIONS * HTTP/1.1', host])).statuses).toEqual([204])
    const over2 = await sendHttp2({ ':method': 'OPTIONS', ':path': '/a', 'max-forwards': '0' })
    expect([over2.status, over2.headers.allow]).toEqual([204, all])
    expect(upstream.seen.length).toBe(before)
    await send(['OPTIONS /a HTTP/1.1', host, 'Max-Forwards: 10'])
    expect(upstream.seen.at(-1)?.headers['max-forwards']).toBe('9')
    await sendHttp2({ ':method': 'OPTIONS', ':path': '/a', 'max-forwards': '1' })
    expect(upstream.seen.at(-1)?.headers['max-forwards']).toBe('0')
    for (const lines of [['max-forwards: x'], ['max-forwards: -1'], ['max-forwards: 3', 'max-forwards: 4']])
      expect((await send(['OPTIONS /a HTTP/1.1', host, ...lines])).statuses).toEqual([400])
    // Max-Forwards does not limit other methods.
    await send(get('/a', 'max-forwards: 0'))
    expect(upstream.seen.at(-1)?.headers['max-forwards']).toBe('0')
  })
})

describe('Transfer-Encoding', () => {
  test.each([
    ['gzip, chunked', 501, 'transfer_coding_unknown'],
    ['foo, chunked', 501, 'transfer_coding_unknown'],
    ['foo', 501, 'transfer_coding_unknown'],
    ['gzip', 400, 'bad_request'],
    ['identity', 400, 'bad_request'],
    ['chunked, gzip', 400, 'bad_request'],
    ['chunked, chunked', 400, 'bad_request'],
  ])('%s gets %i, and the connection is closed', async (coding, status, code) => {
    for (const path of ['/a', '/token', '/whoami']) {
      const lines = (path === '/whoami' ? get : post)(path, `transfer-encoding: ${coding}`)
      const answer = await send(lines, { body: '0\r\n\r\n' })
      expect([answer.statuses, codeOf(answer), answer.isClosed]).toEqual([[status], code, true])
      traceIds.push(JSON.parse(answer.body).traceId)
    }
  })

  test('in HTTP/1.0 closes the connection after the response (RFC 9112, section 6.1)', async () => {
    const lines = ['POST /a HTTP/1.0', host, 'connection: keep-alive', 'transfer-encoding: chunked']
    const answer = await send(lines, { body: '2\r\nab\r\n0\r\n\r\n' })
    expect([answer.statuses, answer.isClosed]).toEqual([[200], true])
    const kept = ['POST /a HTTP/1.0', host, 'connection: keep-alive', 'content-length: 2']
    expect(await send(kept, { body: 'ab' })).toMatchObject({ statuses: [200], isClosed: false })
  })
})

describe('responses of the gateway', () => {
  const bytes: [string, string][] = [
    ['bytes that are not HTTP', '\x01\x02\r\n\r\n'],
    ['an unknown method', `FOO /a HTTP/1.1\r\n${host}\r\n\r\n`],
    ['two lengths', `POST /a HTTP/1.1\r\n${host}\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`],
    ['a broken header', `GET /a HTTP/1.1\r\n${host}\r\na b: c\r\n\r\n`],
    ['HTTP/2 with prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a PROXY header inside TLS', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\n\r\n'],
    ['no token', `GET /a HTTP/1.1\r\n${host}\r\n\r\n`],
    ['no host', 'GET /a HTTP/1.1\r\n\r\n'],
    ['another method', `PUT /token HTTP/1.1\r\n${host}\r\ncontent-length: 0\r\n\r\n`],
  ]

  test.each(bytes)('to %s have Date and Postern-Trace-Id and close cleanly', async (what, sent) => {
    for (const tls of [caller.tls, { ca: harness.ca }]) {
      const { headers, body } = await sendRawHttp1({ port: harness.port(), ...tls }, sent)
      const { traceId, code } = JSON.parse(body)
      expect(headers['postern-trace-id']).toBe(traceId)
      expect(Math.abs(Date.parse(headers.date ?? '') - Date.now())).toBeLessThan(60_000)
      if (!('cert' in tls)) expect(code).toBe('certificate_missing')
      else if (what.includes('PROXY')) expect(code).toBe('proxy_header_unexpected')
      traceIds.push(traceId)
    }
  })

  test('have both headers if plain HTTP reaches the port', async () => {
    const text = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connectTcp(harness.port(), '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
      socket.on('data', (chunk) => {
        all += chunk
      })
      socket.once('close', () => resolve(all))
    })
    expect(text).toMatch(/^date: \w{3}, \d{2} \w{3} \d{4} [\d:]{8} GMT\r$/m)
    expect(text).toMatch(/^postern-trace-id: [0-9a-f]{32}\r$/m)
  })

  test.each(bytes)('to %s are omitted without a certificate if denials are dropped', async (_what, sent) => {
    const { text } = await sendRawHttp1({ port: harness.port('staging'), ca: harness.ca }, sent)
    expect(text).toBe('')
  })

  test.each([
    ['expectation_failed', post('/a', 'expect: x', 'content-length: 2')],
    ['method_not_allowed', ['TRACE /a HTTP/1.1', host]],
    ['method_unknown', ['FOO /a HTTP/1.1', host]],
    ['target_too_long', get(`/${'a'.repeat(20_000)}`)],
  ])('say %s with a certificate even if denials are dropped', async (code, lines) => {
    const staging = await openTestClient(harness, 'staging')
    const answer = await send(lines, { environment: 'staging', tls: staging.tls })
    expect(codeOf(answer)).toBe(code)
    const stranger = await send(lines, { environment: 'staging', tls: { ca: harness.ca } })
    expect(stranger.text).toBe('')
  })
})

test('all of these denials appear in the activity exactly once', async () => {
  expect(traceIds.length).toBeGreaterThan(30)
  const isMeant = ({ trace_id }: { trace_id: string }) => traceIds.includes(trace_id)
  const rows = await harness.untilActivity(isMeant, traceIds.length)
  expect(rows).toHaveLength(traceIds.length)
})
