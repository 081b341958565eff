import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Asked, createAsker, type GotAnswer } from '../support/ask-gateway.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { type AnswerEnding, openRawUpstream, type RawUpstream } from '../support/raw-upstream.ts'

let upstream: RawUpstream
let harness: GatewayHarness
let caller: GatewayTestClient
let asker: ReturnType<typeof createAsker>

beforeAll(async () => {
  upstream = await openRawUpstream()
  const upstreamTimeouts = { connectSeconds: 1, responseSeconds: 1, idleSeconds: 5 }
  harness = await openGatewayHarness({
    environments: { production: { upstream: upstream.url, upstreamTimeouts, routes: null } },
  })
  caller = await openTestClient(harness)
  asker = createAsker(harness.url(), caller)
})
afterAll(async () => {
  asker.close()
  await harness[Symbol.asyncDispose]()
  upstream.close()
})

/** The expected events of each request, compared once at the end. */
const asked: { traceId: string; status: number; code: string | null }[] = []

/** Sends one request; returns the response, how often the request arrived, and the code of a denial. */
async function call(version: '1.1' | '2', sent: Asked = {}) {
  upstream.take()
  const traceId = randomBytes(16).toString('hex')
  const traceparent: [string, string] = ['traceparent', `00-${traceId}-0000000000000001-00`]
  const got = await asker.ask(version, { ...sent, fields: [...(sent.fields ?? []), traceparent] })
  const code: string | null = got.text.startsWith('{"type"') ? JSON.parse(got.text).code : null
  asked.push({ traceId, status: got.status, code })
  const arrived = upstream.take()
  return { ...got, code, arrived, times: arrived.split(`00-${traceId}-`).length - 1 }
}

const valuesOf = ({ fields }: GotAnswer, name: string): string[] =>
  fields.filter(([one]) => one === name).map(([, value]) => value)
const detailOf = ({ text }: GotAnswer): string => JSON.parse(text).detail
const report = (name: string) => readFileSync(`test/reports/upstream-answers/${name}`, 'latin1')
const ok = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, 'Content-Length: 2', '', 'ok'].join('\r\n')
const chunked = (lines: string[], body: string) =>
  ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ...lines, '', body].join('\r\n')
const versions = ['1.1', '2'] as const
const trailed: Asked = { method: 'POST', body: 'pay', trailers: [['x-sum', '1']] }

/** Responses that are forwarded; the client must get `fields`, each once and octet for octet. */
const passed: [string, string | string[], Partial<GotAnswer>, Record<string, string[]>?][] = [
  [
    'the report of a file name in UTF-8',
    report('content-disposition-utf8.http'),
    { text: 'ok' },
    { 'content-disposition': ['attachment; filename="\xc5\x81\xc3\xb3d\xc5\xba.pdf"'] },
  ],
  [
    'the report of a 204 with a length',
    report('204-with-content-length.http'),
    { status: 204 },
    { 'content-length': [] },
  ],
  ['a 204 that announces trailers', 'HTTP/1.1 204 No Content\r\nTrailer: X-Sum\r\n\r\n', { status: 204 }],
  ['a length in addition to announced trailers', ok('Trailer: X-Sum'), { text: 'ok' }, { trailer: [] }],
  ['the report of an unasked 100', report('unasked-100.http'), { text: 'ok' }],
  ['the report of a head of 20 KiB', report('head-20-kib.http'), { text: 'ok' }],
  [
    'octets above 127 after the length',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Disposition: \xc5\x81\r\nX-A: \x80\xff\r\n\r\nok',
    { text: 'ok' },
    { 'content-disposition': ['\xc5\x81'], 'x-a': ['\x80\xff'] },
  ],
  [
    'octets above 127 in a head that is sent before its body',
    [chunked(['Content-Disposition: \xc5\x81', 'Set-Cookie: a=\xe9'], ''), '2\r\nok\r\n0\r\n\r\n'],
    { text: 'ok' },
    { 'content-disposition': ['\xc5\x81'], 'set-cookie': ['a=\xe9'] },
  ],
  [
    'octets above 127 twice',
    ok('Content-Disposition: \xc5', 'Content-Disposition: \xc6'),
    { text: 'ok' },
    { 'content-disposition': ['\xc5', '\xc6'] },
  ],
  ['a reason phrase in UTF-8', 'HTTP/1.1 200 \xc5\x81\r\nContent-Length: 2\r\n\r\nok', { text: 'ok' }],
  ['no reason phrase', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', { text: 'ok' }],
  ['an unasked 100 alone, with fields', ['HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n', ok()], { text: 'ok' }],
  [
    'three interim responses',
    `${'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'}${ok()}`,
    { text: 'ok' },
    { link: [] },
  ],
  ['an unknown interim response', `HTTP/1.1 199 Odd\r\n\r\n${ok()}`, { text: 'ok' }],
  ['status 599', 'HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok', { status: 599, text: 'ok' }],
  [
    'a 204 with a coding',
    'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    { status: 204 },
    { 'transfer-encoding': [] },
  ],
  [
    'a 204 with a length and a body',
    'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok',
    { status: 204, text: '' },
    { 'content-length': [] },
  ],
  [
    'a 205 with a body',
    'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok',
    { status: 205, text: '' },
    { 'content-length': ['0'] },
  ],
  [
    'a 304 with the length of the omitted body',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n',
    { status: 304, text: '' },
    { 'content-length': ['2'] },
  ],
  ['a head of 60 KiB', ok(`X-Big: ${'a'.repeat(60 * 1024)}`), { text: 'ok' }],
  ['a head of 900 fields', ok(...Array.from({ length: 900 }, (_, i) => `a${i}: `)), { text: 'ok' }],
  [
    'repeated singleton fields',
    ok('Content-Type: a/a', 'Content-Type: b/b', 'Age: 1', 'Age: 2'),
    { text: 'ok' },
    { 'content-type': ['a/a', 'b/b'], age: ['1', '2'] },
  ],
  [
    'white space after values',
    ok('X-A: a \t', 'X-B: \t', 'X-C: a\t b'),
    { text: 'ok' },
    { 'x-a': ['a'], 'x-b': [''], 'x-c': ['a\t b'] },
  ],
  [
    'names of object properties',
    ok('__proto__: a', '__proto__: b', 'constructor: c'),
    { text: 'ok' },
    { ['__proto__']: ['a', 'b'], constructor: ['c'] },
  ],
  [
    'hop-by-hop fields',
    ok(
      'Connection: X-Hop, keep-alive',
      'X-Hop: 1',
      'Keep-Alive: timeout=7',
      'Proxy-Authenticate: Basic',
      'Proxy-Authentication-Info: a=1',
      'Proxy-Connection: keep-alive',
      'TE: gzip',
      'Upgrade: h2c',
    ),
    { text: 'ok' },
    {
      'x-hop': [],
      'proxy-authenticate': [],
      'proxy-authentication-info': [],
      'proxy-connection': [],
      te: [],
      upgrade: [],
    },
  ],
  ['more body than its length', ok().concat('more'), { text: 'ok' }],
  ['a length in HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', { text: 'ok' }],
]

/** Responses that are not forwarded, with the reason that is given for each. */
const refused: [string, string | string[], string, RegExp, AnswerEnding?][] = [
  ['the report of a status 999', report('status-999.http'), 'upstream_answer_invalid', /status 999/],
  ['status 600', 'HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nok', 'upstream_answer_invalid', /status 600/],
  ['status 000', 'HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nok', 'upstream_answer_invalid', /status 0,/],
  ['status 099', 'HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nok', 'upstream_answer_invalid', /status 99,/],
  [
    'status 20',
    'HTTP/1.1 20 Odd\r\nContent-Length: 2\r\n\r\nok',
    'upstream_answer_invalid',
    /Invalid status/,
  ],
  [
    'status 1000',
    'HTTP/1.1 1000 Odd\r\nContent-Length: 2\r\n\r\nok',
    'upstream_answer_invalid',
    /Invalid response status/,
  ],
  [
    'an unasked 101',
    `HTTP/1.1 101 Odd\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n${ok()}`,
    'upstream_answer_invalid',
    /RFC 9112/,
  ],
  ['an unasked 101, no protocol', `HTTP/1.1 101 Odd\r\n\r\n${ok()}`, 'upstream_answer_invalid', /RFC 9112/],
  ['a control character in a value', ok('X-A: a\x01b'), 'upstream_answer_invalid', /header value/],
  ['a DEL in a value', ok('X-A: a\x7fb'), 'upstream_answer_invalid', /header value/],
  ['a NUL in a value', ok('X-A: a\0b'), 'upstream_answer_invalid', /header value/],
  ['a bare CR in a value', ok('X-A: a\rb'), 'upstream_answer_invalid', /LF/],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', 'upstream_answer_invalid', /CR/],
  ['a folded field', ok('X-A: a\r\n b'), 'upstream_answer_invalid', /whitespace/],
  ['a name with parentheses', ok('X(A): a'), 'upstream_answer_invalid', /header token/],
  ['a name in UTF-8', ok('X-\xc5\x81: a'), 'upstream_answer_invalid', /header token/],
  ['no name', ok(': a'), 'upstream_answer_invalid', /header token/],
  ['a space before the colon', ok('X-A : a'), 'upstream_answer_invalid', /header token/],
  ['two lengths', ok('Content-Length: 3'), 'upstream_answer_invalid', /RFC 9112/],
  [
    'a list of lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok',
    'upstream_answer_invalid',
    /RFC 9112/,
  ],
  [
    'a length with a sign',
    'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok',
    'upstream_answer_invalid',
    /Content-Length/,
  ],
  ['a length and a coding', ok('Transfer-Encoding: chunked'), 'upstream_answer_invalid', /Content-Length/],
  [
    'a coding before chunked',
    chunked(['Transfer-Encoding: gzip'], ''),
    'upstream_answer_invalid',
    /Transfer-Encoding/,
  ],
  [
    'a coding instead of chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok',
    'upstream_answer_invalid',
    /Transfer-Encoding/,
    'closed',
  ],
  [
    'a coding like chunked',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nok',
    'upstream_answer_invalid',
    /Transfer-Encoding/,
    'closed',
  ],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'upstream_answer_invalid', /HTTP/],
  ['HTTP/0.9', 'ok', 'upstream_answer_invalid', /RFC 9112/, 'closed'],
  ['a head of 70 KiB', ok(`X-Big: ${'a'.repeat(70 * 1024)}`), 'upstream_head_too_large', /64 KiB/],
  [
    'a head of 1,100 fields',
    ok(...Array.from({ length: 1100 }, (_, i) => `a${i}: `)),
    'upstream_head_too_large',
    /1000 fields/,
  ],
  ['half a head', 'HTTP/1.1 200 OK\r\nConte', 'upstream_unavailable', /broke the connection off/, 'closed'],
  [
    'half a head and a reset',
    'HTTP/1.1 200 OK\r\nConte',
    'upstream_unavailable',
    /broke the connection off/,
    'reset',
  ],
  [
    'only an interim response',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'upstream_unavailable',
    /broke the connection off/,
    'closed',
  ],
  ['an interim response and then no data', 'HTTP/1.1 102 Processing\r\n\r\n', 'upstream_timeout', /in time/],
]

/** Trailers that would change framing, routing, authentication or caching (RFC 9110, section 6.5.1). */
const forbiddenTrailers = [
  ...['Content-Type', 'Content-Encoding', 'Content-Range', 'Host', 'Max-Forwards', 'Range', 'If-Match'],
  ...[
    'Authorization',
    'WWW-Authenticate',
    'Cookie',
    'Set-Cookie',
    'Proxy-Authenticate',
    'Proxy-Authorization',
  ],
  ...[
    'Cache-Control',
    'Vary',
    'Age',
    'Expires',
    'Date',
    'Location',
    'Retry-After',
    'Warning',
    'Pragma',
    'Via',
  ],
  ...['Postern-Trace-Id', 'Expect', 'Trailer', 'Access-Control-Allow-Origin', 'Strict-Transport-Security'],
]
/** Connection-specific trailers, which no library sends over HTTP/2. */
const forbiddenHops = ['Transfer-Encoding', 'TE', 'Connection', 'Upgrade', 'Keep-Alive', 'Proxy-Connection']

/** Responses that are cut off, because their head was forwarded before the error showed. */
const cut: [string, string, AnswerEnding?][] = [
  ['less body than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', 'closed'],
  ['chunks without the last', chunked([], '2\r\nok\r\n'), 'closed'],
  ['a chunk with an invalid size', chunked([], '2\r\nok\r\nZZ\r\n')],
  ['chunks that end in bare LF', chunked([], '2\r\nok\r\n2\nok\n0\n\n')],
  ['trailers with an invalid name', chunked([], '2\r\nok\r\n0\r\nX(A: 1\r\n\r\n')],
  ['trailers with a length', chunked([], '2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n')],
  ['trailers of 70 KiB', chunked([], `2\r\nok\r\n0\r\nX-A: ${'a'.repeat(70 * 1024)}\r\n\r\n`)],
  [
    'a body delimited by a connection that is reset',
    'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok',
    'reset',
  ],
]

/** Responses that take 4 seconds and send bytes all the time. */
const trickles: [string, string[]][] = [
  [
    'interim responses',
    [...Array(100).fill(['HTTP/1.1 103 Early Hints\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n']).flat(), ok()],
  ],
  [
    'bytes of a head',
    ['HTTP/1.1 200 OK\r\nX-A: ', ...Array(200).fill('a'), '\r\nContent-Length: 2\r\n\r\nok'],
  ],
]

describe.each(versions)('over HTTP/%s', (version) => {
  test.each(passed)('forwards %s and sends the call once', async (_what, bytes, expected, fields = {}) => {
    upstream.answerWith(bytes)
    const got = await call(version)
    expect(got).toMatchObject({ status: 200, code: null, isWhole: true, times: 1, ...expected })
    for (const name of Object.getOwnPropertyNames(fields))
      expect(valuesOf(got, name), name).toEqual(fields[name])
    // Trailers take another code path with the same result.
    expect(await call(version, trailed)).toMatchObject({ status: 200, isWhole: true, times: 1, ...expected })
  })

  test.each(refused)(
    'the gateway replaces %s by an error with its own code, and sends the request once',
    async (_what, bytes, code, words, ending) => {
      upstream.answerWith(bytes, ending)
      const got = await call(version)
      expect(got).toMatchObject({
        status: code === 'upstream_timeout' ? 504 : 502,
        code,
        isWhole: true,
        times: 1,
      })
      expect(detailOf(got)).toMatch(words)
      expect(detailOf(got)).not.toMatch(/may have had its effect/)
      const posted = await call(version, { method: 'POST', body: 'pay' })
      expect(posted).toMatchObject({ code, times: 1 })
      expect(detailOf(posted)).toMatch(/may have had its effect: check before you repeat it/)
    },
  )

  test.each(trickles)('a slow trickle of %s does not extend the response time-out', async (_what, pieces) => {
    upstream.answerWith(pieces)
    const calls = [{}, { method: 'POST', body: 'pay' }, trailed].map((sent) => call(version, sent))
    for (const got of await Promise.all(calls)) {
      expect(got).toMatchObject({ status: 504, isWhole: true })
      expect(JSON.parse(got.text).code).toBe('upstream_timeout')
      expect(detailOf(got)).toMatch(/did not answer in time/)
    }
  })

  test.each(cut)('cuts off %s, so that no client accepts it', async (_what, bytes, ending) => {
    upstream.answerWith(bytes, ending)
    expect(await call(version)).toMatchObject({ isWhole: false, times: 1 })
  })

  test('the gateway forwards the values of a request octet for octet', async () => {
    upstream.answerWith(ok())
    const { arrived } = await call(version, { fields: [['x-name', '\xc5\x81 \x80\xff']] })
    expect(arrived).toContain('x-name: \xc5\x81 \x80\xff\r\n')
  })

  test('the response to HEAD keeps its Content-Length', async () => {
    upstream.answerWith('HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTrailer: X-Sum\r\n\r\n')
    const got = await call(version, { method: 'HEAD' })
    expect(got).toMatchObject({ status: 200, text: '', isWhole: true })
    expect(valuesOf(got, 'content-length')).toEqual(['7'])
  })

  test('Via gets an entry for the request and its response, after existing entries', async () => {
    const hop = `${version === '2' ? '2.0' : '1.1'} postern`
    upstream.answerWith(ok('Via: 1.0 back'))
    const first = await call(version, { fields: [['via', '1.0 fred']] })
    expect(first.arrived).toContain(`\r\nvia: 1.0 fred, ${hop}\r\n`)
    expect(valuesOf(first, 'via')).toEqual(['1.0 back, 1.1 postern'])
    upstream.answerWith(ok())
    for (const sent of [{}, trailed]) {
      const got = await call(version, sent)
      expect(got.arrived).toContain(`\r\nvia: ${hop}\r\n`)
      expect(valuesOf(got, 'via')).toEqual(['1.1 postern'])
    }
  })

  test('a response without Date gets one, and an existing Date is kept', async () => {
    upstream.answerWith(ok())
    const [date = ''] = valuesOf(await call(version), 'date')
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(60_000)
    upstream.answerWith(ok('Date: Thu, 01 Jan 1970 00:00:00 GMT'))
    expect(valuesOf(await call(version), 'date')).toEqual(['Thu, 01 Jan 1970 00:00:00 GMT'])
  })

  test('the gateway forwards announced response trailers, except those forbidden after a body', async () => {
    const forbidden = [...forbiddenTrailers, ...forbiddenHops, 'X-Hop']
      .map((name) => `${name}: forged\r\n`)
      .join('')
    const lines = ['Connection: X-Hop', `Trailer: X-Sum, ${forbiddenTrailers.join(', ')}, X-Hop`]
    const kept = 'X-Sum: \xc5 \r\nX-Two: a\r\nX-Two: b\r\nContent-Digest: c\r\n'
    upstream.answerWith(chunked(lines, `2\r\nok\r\n0\r\n${kept}${forbidden}\r\n`))
    for (const sent of [{}, trailed]) {
      const got = await call(version, sent)
      expect(got).toMatchObject({ text: 'ok', isWhole: true })
      expect(valuesOf(got, 'trailer')).toEqual(['X-Sum'])
      expect(got.trailers).toEqual([
        ['x-sum', '\xc5'],
        ['x-two', 'a'],
        ['x-two', 'b'],
        ['content-digest', 'c'],
      ])
    }
  })

  test('the gateway forwards announced request trailers, except those forbidden after a body', async () => {
    upstream.answerWith(ok())
    const forged = [...forbiddenTrailers, 'client-cert', 'x-forwarded-for']
    const trailers = [['x-sum', '\xc5'], ...forged.map((name) => [name.toLowerCase(), 'forged'])]
    const { arrived } = await call(version, { ...trailed, trailers: trailers as [string, string][] })
    expect(arrived).toContain('\r\ntrailer: x-sum\r\n')
    expect(arrived).toMatch(/\r\n0\r\nx-sum: \xc5\r\n\r\n$/)
    // If none remains, no Trailer header is sent.
    const none = await call(version, { ...trailed, trailers: [['vary', 'forged']] })
    expect(none.arrived).not.toMatch(/forged|trailer/)
  })
})

test('headers nominated by Connection are not forwarded, including Cookie, Via and trailers', async () => {
  upstream.answerWith(ok())
  const { arrived } = await call('1.1', {
    ...trailed,
    fields: [
      ['connection', 'Cookie, x-hop, via, x-sum'],
      ['cookie', 'forged'],
      ['x-hop', 'forged'],
      ['via', '1.0 forged'],
    ],
  })
  expect(arrived).not.toMatch(/forged|x-sum/)
  expect(arrived).toContain('\r\nvia: 1.1 postern\r\n')
})

test('an upstream connection with an HTTP/1.0 chunked response is not reused', async () => {
  for (const [version, more] of [
    ['1.0', 1],
    ['1.1', 0],
  ] as const) {
    const answer = chunked(['Connection: keep-alive'], '2\r\nok\r\n0\r\n\r\n')
    upstream.answerWith(answer.replace('HTTP/1.1', `HTTP/${version}`))
    expect(await call('1.1')).toMatchObject({ status: 200, text: 'ok', isWhole: true })
    const before = upstream.countConnections()
    await call('1.1')
    expect(upstream.countConnections() - before).toBe(more)
  }
})

test('a failed WebSocket upgrade has the same error codes', async () => {
  const opening = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13']
  for (const [bytes, code] of [
    [report('status-999.http'), 'upstream_answer_invalid'],
    [ok('X-A : a'), 'upstream_answer_invalid'],
    [ok(`X-Big: ${'a'.repeat(70 * 1024)}`), 'upstream_head_too_large'],
  ] as const) {
    upstream.answerWith(bytes)
    const { text } = await caller.sendRaw(
      `GET /x HTTP/1.1\r\nhost: localhost\r\nauthorization: ${caller.bearer.authorization}\r\n${opening.join('\r\n')}\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    )
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 502 [\\s\\S]*"code":"${code}"`))
  }
})

test('an HTTP/1.0 client gets a chunked response until its connection closes', async () => {
  upstream.answerWith(chunked(['Trailer: X-Sum'], '2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n'))
  const { text } = await caller.sendRaw(
    `GET /x HTTP/1.0\r\nhost: localhost\r\nauthorization: ${caller.bearer.authorization}\r\n\r\n`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/)
  expect(text).not.toMatch(/trailer|chunked|X-Sum/i)
  expect(upstream.take()).toContain('\r\nvia: 1.0 postern\r\n')
})

test('each of these requests is in the activity with the error that its client got', async () => {
  // The latest 200 events of a certificate are kept.
  const expected = asked.slice(-190)
  const traceIds = new Set(expected.map(({ traceId }) => traceId))
  const rows = await harness.untilActivity((row) => traceIds.has(row.trace_id), expected.length)
  const byTrace = new Map(rows.map((row) => [row.trace_id, row]))
  for (const { traceId, status, code } of expected)
    expect(byTrace.get(traceId)).toMatchObject({
      status: status || 200,
      code,
      certificate_id: caller.client.id,
    })
  expect(harness.logged).toContain(
    'The upstream gave no answer that can be passed on, or not the whole of it.',
  )
})
