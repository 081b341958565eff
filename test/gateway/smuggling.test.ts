import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { sendRawHttp2 } from '../support/raw-http2.ts'
import { openRawUpstream, type RawUpstream } from '../support/raw-upstream.ts'

let upstream: RawUpstream
let harness: GatewayHarness
let caller: GatewayTestClient

beforeAll(async () => {
  upstream = await openRawUpstream()
  harness = await openGatewayHarness({
    environments: { production: { upstream: upstream.url, routes: null } },
  })
  caller = await openTestClient(harness)
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  upstream.close()
})

/** Returns the requests that reached the upstream, also shortly after the client got its response. */
async function takeLate(): Promise<string> {
  await wait(20)
  return upstream.take()
}

const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: localhost\r\n\r\n'
const chunked = 'transfer-encoding: chunked'
const post = (...lines: string[]) => ['POST /a HTTP/1.1', 'host: localhost', ...lines]

/**
 * Each case has the lines of a head and the bytes after it. `AUTH` is replaced by the header with the token.
 */
const corpus: [string, string[], string][] = [
  ['CL.TE', post('content-length: 6', chunked), `0\r\n\r\n${smuggled}`],
  ['TE.CL', post(chunked, 'content-length: 4'), `5c\r\n${smuggled}\r\n0\r\n\r\n`],
  ['CL.TE with an empty length', post('content-length:', chunked), `0\r\n\r\n${smuggled}`],
  ['TE.TE, the second unknown', post(chunked, 'transfer-encoding: x'), `0\r\n\r\n${smuggled}`],
  ['TE.TE, the second identity', post(chunked, 'transfer-encoding: identity'), `0\r\n\r\n${smuggled}`],
  ['chunked twice', post(chunked, chunked), `0\r\n\r\n${smuggled}`],
  ['chunked and then gzip', post('transfer-encoding: chunked, gzip'), `0\r\n\r\n${smuggled}`],
  ['gzip and then chunked', post('transfer-encoding: gzip, chunked'), `0\r\n\r\n${smuggled}`],
  ['a coding like chunked', post('transfer-encoding: xchunked'), `0\r\n\r\n${smuggled}`],
  ['chunked in quotes', post('transfer-encoding: "chunked"'), `0\r\n\r\n${smuggled}`],
  ['chunked after a vertical tab', post('transfer-encoding: \vchunked'), `0\r\n\r\n${smuggled}`],
  ['chunked with a parameter', post('transfer-encoding: chunked;q=1'), `0\r\n\r\n${smuggled}`],
  ['identity', post('transfer-encoding: identity', 'content-length: 3'), `abc${smuggled}`],
  ['a folded coding', post('transfer-encoding:\r\n chunked'), `0\r\n\r\n${smuggled}`],
  [
    'a space before the colon',
    post('transfer-encoding : chunked', 'content-length: 5'),
    `0\r\n\r\n${smuggled}`,
  ],
  ['a tab before the colon', post('content-length\t: 5'), `abcde${smuggled}`],
  ['a space in a name', post('content length: 5', 'x: y'), smuggled],
  ['a space before the first header', ['POST /a HTTP/1.1', ' host: localhost', 'host: localhost'], smuggled],
  ['a folded header', post('x-folded: a', ' b: c'), smuggled],
  ['a header without a colon', post('nonsense'), smuggled],
  ['an empty name', post(': value'), smuggled],
  ['a bare LF between headers', post(`x: y\n${chunked}`), `0\r\n\r\n${smuggled}`],
  ['a bare LF after the request line', ['POST /a HTTP/1.1\nhost: localhost'], smuggled],
  ['a bare LF after the head', post('content-length: 5\n\nabcde'), smuggled],
  ['a bare CR in a value', post('x: a\rcontent-length: 5'), smuggled],
  ['NUL in a value', post('x: a\0b'), smuggled],
  ['NUL in a name', post('x\0: b'), smuggled],
  ['two lengths', post('content-length: 5', 'content-length: 6'), `abcde${smuggled}`],
  ['one length twice', post('content-length: 5', 'content-length: 5'), `abcde${smuggled}`],
  ['a list of lengths', post('content-length: 5, 5'), `abcde${smuggled}`],
  ['a length with a sign', post('content-length: +5'), `abcde${smuggled}`],
  ['a negative length', post('content-length: -5'), `abcde${smuggled}`],
  ['a hexadecimal length', post('content-length: 0x5'), `abcde${smuggled}`],
  ['a length beyond 64 bits', post('content-length: 18446744073709551621'), `abcde${smuggled}`],
  ['a chunk size that is not a number', post(chunked), `xyz\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a sign', post(chunked), `+3\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with 0x', post(chunked), `0x3\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a space before', post(chunked), ` 3\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size beyond 64 bits', post(chunked), `10000000000000003\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a chunk longer than its size', post(chunked), `3\r\nabcdef\r\n0\r\n\r\n${smuggled}`],
  ['a bare LF after a chunk size', post(chunked), `3\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a bare LF after a chunk', post(chunked), `3\r\nabc\n0\r\n\r\n${smuggled}`],
  ['a bare LF in a chunk extension', post(chunked), `3;a\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a bare CR in a chunk extension', post(chunked), `3;a\rb\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['NUL in a chunk extension', post(chunked), `3;a\0\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['chunk extensions of 20 KiB', post(chunked), `3;${'a'.repeat(20_480)}\r\nabc\r\n0\r\n\r\n${smuggled}`],
  ['a length among the trailers', post(chunked), `0\r\ncontent-length: 5\r\n\r\n${smuggled}`],
  ['a broken trailer', post(chunked), `0\r\nx y: z\r\n\r\n${smuggled}`],
  ['two hosts', ['GET /a HTTP/1.1', 'host: localhost', 'host: other.example'], smuggled],
  ['the same host twice', post('host: localhost'), smuggled],
  ['no host', ['GET /a HTTP/1.1'], smuggled],
  ['two tokens', post('authorization: Bearer x'), smuggled],
  ['spaces in the request line', ['GET /a /b HTTP/1.1', 'host: localhost'], smuggled],
  ['a tab in the request line', ['GET\t/a HTTP/1.1', 'host: localhost'], smuggled],
  ['HTTP/0.9', ['GET /a'], smuggled],
  ['HTTP/1.2', ['GET /a HTTP/1.2', 'host: localhost'], smuggled],
  ['HTTP/2.0 as the version', ['GET /a HTTP/2.0', 'host: localhost'], smuggled],
  ['a method in lower case', ['get /a HTTP/1.1', 'host: localhost'], smuggled],
  ['CONNECT', ['CONNECT localhost:80 HTTP/1.1', 'host: localhost'], smuggled],
  ['the HTTP/2 preface', ['PRI * HTTP/2.0'], smuggled],
  [
    'a WebSocket with a body',
    [
      'GET /a HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      'content-length: 3',
    ],
    `abc${smuggled}`,
  ],
]

test.each(corpus)(
  '%s is rejected, the connection closed, and nothing reaches the upstream',
  async (_what, lines, rest) => {
    const [first = '', ...others] = lines
    const authorization = `authorization: Bearer ${caller.token}`
    const bytes = Buffer.from(`${[first, authorization, ...others].join('\r\n')}\r\n\r\n${rest}`, 'latin1')
    upstream.take()
    const { text, isClosed } = await caller.sendRaw(bytes)
    expect({ isClosed, answers: text.match(/HTTP\/1\.1 \d+/g) ?? [] }).toEqual({
      isClosed: true,
      answers: expect.toSatisfy(
        (answers: string[]) => answers.every((one) => /4\d\d|5\d\d/.test(one)) && answers.length <= 1,
      ),
    })
    expect(await takeLate()).toBe('')
  },
)

test('the same request without smuggling reaches the upstream once, with one framing', async () => {
  upstream.take()
  const { text } = await caller.sendRaw(
    `POST /a HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\nconnection: close\r\n${chunked}\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n`,
  )
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  const arrived = upstream.take()
  // A complete body is forwarded with a Content-Length, without chunk extensions.
  expect(arrived).toMatch(/content-length: 3\r\n\r\nabc$/)
  expect(arrived).not.toContain('transfer-encoding')
})

test.each(['http://localhost/a', 'http://other.example/a', '*', 'a'])(
  'the gateway rejects the request target %s',
  async (address) => {
    upstream.take()
    const { text } = await caller.sendRaw(
      `GET ${address} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\nconnection: close\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
    expect(await takeLate()).toBe('')
  },
)

test('a body with broken framing is cut off, and nothing after it is forwarded', async () => {
  upstream.take()
  const socket = connect({ host: 'localhost', port: harness.port(), ...caller.tls })
  socket.on('error', () => {})
  socket.write(
    `POST /begun HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${caller.token}\r\n${chunked}\r\n\r\n3\r\nabc\r\n`,
  )
  let arrived = ''
  const closed = once(socket, 'close')
  await expect.poll(() => (arrived += upstream.take())).toContain('abc')
  socket.write(`zz\r\n${smuggled}`)
  await closed
  expect(arrived + upstream.take()).not.toMatch(/smuggled|0\r\n\r\n$/)
  const [row] = await harness.untilActivity(({ code }) => code === 'client_gone')
  expect(row).toMatchObject({ certificate_id: caller.client.id })
})

type Field = [string, string]

/** Returns the fields of a valid request, with `changes` replaced or appended. */
function fieldsOf(changes: Field[]): Field[] {
  const good: Field[] = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/a'],
  ]
  const replaced = good.map(
    ([name, value]): Field => [name, changes.find(([other]) => other === name)?.[1] ?? value],
  )
  const added = changes.filter(([name]) => !good.some(([other]) => other === name))
  return [...replaced, ['authorization', `Bearer ${caller.token}`], ...added]
}

const injected = `x\r\n\r\n${smuggled}`
const overHttp2: [string, Field[]][] = [
  ['connection', [['connection', 'close']]],
  ['transfer-encoding', [['transfer-encoding', 'chunked']]],
  ['keep-alive', [['keep-alive', 'timeout=5']]],
  ['proxy-connection', [['proxy-connection', 'keep-alive']]],
  ['upgrade', [['upgrade', 'h2c']]],
  ['te for more than trailers', [['te', 'gzip']]],
  ['a name in upper case', [['X-Upper', 'a']]],
  ['a length that is too small', [['content-length', '1']]],
  ['a length that is too large', [['content-length', '100']]],
  [
    'two lengths',
    [
      ['content-length', '4'],
      ['content-length', '5'],
    ],
  ],
  ['a length with a sign', [['content-length', '+4']]],
  ['CRLF in the path', [[':path', `/a HTTP/1.1\r\nhost: localhost\r\n\r\n${smuggled}`]]],
  ['a space in the path', [[':path', '/a b']]],
  ['an empty path', [[':path', '']]],
  ['a path without a slash', [[':path', 'a']]],
  ['an absolute URL as the path', [[':path', 'http://localhost/a']]],
  ['CRLF in the method', [[':method', `GET /x HTTP/1.1\r\nx: `]]],
  ['a space in the method', [[':method', 'GET /x']]],
  ['CRLF in the authority', [[':authority', `localhost\r\nx: y`]]],
  ['a user in the authority', [[':authority', 'localhost@other.example']]],
  ['another host than the authority', [['host', 'other.example']]],
  ['an unknown pseudo field', [[':evil', 'x']]],
  ['a response pseudo field', [[':status', '200']]],
  ['CONNECT', [[':method', 'CONNECT']]],
]

test.each(overHttp2)(
  '%s over HTTP/2 is rejected, and nothing reaches the upstream',
  async (_what, changes) => {
    upstream.take()
    const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
    const ending = await sendRawHttp2(tls, fieldsOf(changes), 'body')
    if ('status' in ending) expect(ending.status).toMatch(/^4\d\d$/)
    expect(await takeLate()).toBe('')
  },
)

const [method, scheme, authority, path]: Field[] = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/a'],
]
const pseudo = [method, scheme, authority, path] as Field[]

/** Each case has all the fields of a request (RFC 9113, sections 8.2 and 8.3). */
const malformed: [string, Field[]][] = [
  ['a name in upper case', [...pseudo, ['X-Upper', 'a']]],
  ['Connection', [...pseudo, ['connection', 'close']]],
  ['Keep-Alive', [...pseudo, ['keep-alive', 'timeout=5']]],
  ['Proxy-Connection', [...pseudo, ['proxy-connection', 'keep-alive']]],
  ['Transfer-Encoding', [...pseudo, ['transfer-encoding', 'chunked']]],
  ['Upgrade', [...pseudo, ['upgrade', 'h2c']]],
  ['te for more than trailers', [...pseudo, ['te', 'trailers, gzip']]],
  ['an unknown pseudo field', [...pseudo, [':evil', 'x']]],
  ['a response pseudo field', [...pseudo, [':status', '200']]],
  ['a repeated pseudo field', [...pseudo, path as Field]],
  ['a pseudo field after others', [method, scheme, authority, ['x', 'y'], path] as Field[]],
  ['no method', pseudo.slice(1)],
  ['no path', pseudo.slice(0, 3)],
  ['an empty path', [...pseudo.slice(0, 3), [':path', '']]],
  ['CRLF in a pseudo field', [...pseudo.slice(0, 3), [':path', '/a\r\nb: c']]],
  ['NUL in a pseudo field', [...pseudo.slice(0, 3), [':path', '/a\0']]],
  ['two hosts', [...pseudo, ['host', 'localhost'], ['host', 'localhost']]],
  ['two lengths', [...pseudo, ['content-length', '4'], ['content-length', '4']]],
]

test.each(malformed)('%s over HTTP/2 is a stream error', async (_what, fields) => {
  upstream.take()
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  const token: Field = ['authorization', `Bearer ${caller.token}`]
  const ending = await sendRawHttp2(tls, [...fields, token], 'body')
  expect(ending).toEqual({ frame: 'RST_STREAM' })
  expect(await takeLate()).toBe('')
})

test('te: trailers over HTTP/2 is accepted', async () => {
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  expect(await sendRawHttp2(tls, fieldsOf([['te', 'trailers']]), 'body')).toEqual({ status: '200' })
})

test('the same request over HTTP/2 without smuggling reaches the upstream', async () => {
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  expect(await sendRawHttp2(tls, fieldsOf([]), 'body')).toEqual({ status: '200' })
  expect(upstream.take()).toContain('POST /a HTTP/1.1')
})

/** Invalid fields that nghttp2 drops from the request. */
const leftOut: [string, Field[]][] = [
  ['CRLF in a name', [['x: y\r\nz', 'a']]],
  ['a space in a name', [['x y', 'a']]],
  ['a colon in a name', [['x:y', 'a']]],
  ['an empty name', [['', 'a']]],
  ['CRLF in a value', [['x', injected]]],
  ['LF in a value', [['x', 'a\nb: c']]],
  ['NUL in a value', [['x', 'a\0b']]],
  ['white space before a value', [['x', ' ab: c']]],
  ['white space after a value', [['x', 'ab: c ']]],
]

test.each(leftOut)('%s over HTTP/2 is dropped from the request', async (_what, changes) => {
  upstream.take()
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  expect(await sendRawHttp2(tls, fieldsOf(changes), 'body')).toEqual({ status: '200' })
  const arrived = upstream.take()
  expect(arrived.match(/HTTP\/1\.1\r\n/g)?.length ?? 0).toBeLessThanOrEqual(1)
  expect(arrived).not.toMatch(/smuggled|\r\nx[^-]|b: c|\r\nz|\r\n: /)
})

test('a body that the client breaks off does not reach the upstream as complete', async () => {
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  const options = { method: 'POST', agent: false, ...caller.tls, headers: caller.bearer }
  upstream.take()
  const request = httpsRequest(`${harness.url()}/half`, options)
  request.on('error', () => {})
  request.write('half of it')
  let overHttp1 = ''
  // After the connection has arrived, however long the handshake takes.
  for (const end = Date.now() + 5000; !overHttp1.includes('half of it') && Date.now() < end; await wait(20))
    overHttp1 += upstream.take()
  request.destroy()
  await wait(200)
  overHttp1 += upstream.take()
  await sendRawHttp2(tls, fieldsOf([]), 'half of it', { isBrokenOff: true })
  const overHttp2 = upstream.take()
  for (const arrived of [overHttp1, overHttp2]) expect(arrived).toMatch(/half of it$/)
})

test('a token request that is cut off is not processed', async () => {
  const tls = { host: 'localhost', port: harness.port(), ...caller.tls }
  const fields = fieldsOf([
    [':path', '/introspect'],
    ['content-type', 'application/x-www-form-urlencoded'],
  ])
  await sendRawHttp2(tls, fields, 'grant_type=client_cred', { isBrokenOff: true })
  const [row] = await harness.untilActivity(({ path }) => path === '/introspect')
  expect(row?.code).toBe('client_gone')
})
