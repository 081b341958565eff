import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openListener } from '../../test/support/open-listener.ts'
import { createRevocationServer } from './revocation-endpoints.ts'

const inside = 'connect ECONNREFUSED 192.0.2.1:5432'
const away = () => Object.assign(new Error(inside), { code: 'ECONNREFUSED' })

/** The place and the kind of each unexpected error. */
const faults: [string, () => string | AsyncIterable<Uint8Array>][] = [
  [
    '/fault/away',
    () => {
      throw away()
    },
  ],
  [
    '/fault/several',
    () => {
      throw Object.assign(new AggregateError([away()], inside), { code: 'ECONNREFUSED' })
    },
  ],
  [
    '/fault/object',
    () => {
      throw { code: 'ECONNREFUSED', message: inside }
    },
  ],
  [
    '/fault/text',
    () => {
      throw inside
    },
  ],
  [
    '/fault/nothing',
    () => {
      throw null
    },
  ],
  [
    '/fault/piece',
    // biome-ignore lint/correctness/useYield: it fails before its first chunk.
    async function* () {
      throw away()
    },
  ],
]

/** The HTTP behavior of both listeners of the portal process, tested on the one that needs no store. */
const server = createRevocationServer(
  [
    {
      path: '/list/:file',
      handler: async () => ({
        status: 200,
        headers: { etag: '"7"', 'content-type': 'application/pkix-crl', 'content-length': '3' },
        body: new Uint8Array([1, 2, 3]),
      }),
    },
    ...faults.map(([path, handler]) => ({
      path,
      handler: async () => ({ status: 200, headers: {}, body: await handler() }),
    })),
    {
      method: 'POST',
      path: '/asked',
      accepts: { mediaType: 'application/ocsp-request', maxOctets: 100 },
      handler: async ({ body }) => ({ status: 200, headers: { etag: '"7"' }, body: String(body.length) }),
    },
  ],
  openListener,
)
let port: number

beforeAll(async () => {
  await server.listen({ host: '127.0.0.1', port: 0 })
  port = (server.server.address() as AddressInfo).port
})
afterAll(() => server.close())

/** Sends bytes unchanged and returns everything received until the connection ends. */
async function send(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text, 'latin1')
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}
const ask = (line: string, ...fields: string[]) =>
  send(`${[line, ...fields, 'Connection: close'].join('\r\n')}\r\n\r\n`)
const host = 'Host: pki.example'
const get = 'GET /list/a HTTP/1.1'

test.each([
  ['two Host lines', [get, host, host], 400, 'bad_request'],
  ['two Host lines in two cases', [get, host, 'hOST: other.example'], 400, 'bad_request'],
  ['no Host', [get], 400, 'bad_request'],
  ['a Host with a path', [get, 'Host: pki.example/x'], 400, 'bad_request'],
  ['a Host with user information', [get, 'Host: user@pki.example'], 400, 'bad_request'],
  ['two Host lines in HTTP/1.0', ['GET /list/a HTTP/1.0', host, host], 400, 'bad_request'],
  [
    'a transfer coding in HTTP/1.0',
    ['POST /asked HTTP/1.0', 'Transfer-Encoding: chunked'],
    400,
    'bad_request',
  ],
  [
    'an unknown transfer coding',
    ['POST /asked HTTP/1.1', host, 'Transfer-Encoding: gzip, chunked'],
    501,
    'transfer_coding_unknown',
  ],
  ['an unknown expectation', [get, host, 'Expect: 200-ok'], 417, 'expectation_failed'],
  ['an unsupported method that the parser knows', ['PROPFIND /list/a HTTP/1.1', host], 501, 'method_unknown'],
  ['a method that the parser does not know', ['BREW /list/a HTTP/1.1', host], 501, 'method_unknown'],
  ['a method in lower case', ['get /list/a HTTP/1.1', host], 501, 'method_unknown'],
  ['CONNECT', ['CONNECT pki.example:80 HTTP/1.1', host], 501, 'method_unknown'],
  ['TRACE', ['TRACE /list/a HTTP/1.1', host], 405, 'method_not_allowed'],
  ['DELETE', ['DELETE /list/a HTTP/1.1', host], 405, 'method_not_allowed'],
  ['GET where only POST is supported', ['GET /asked HTTP/1.1', host], 405, 'method_not_allowed'],
  ['a target over the length limit', [`GET /${'x'.repeat(20_000)} HTTP/1.1`, host], 414, 'target_too_long'],
  [
    'a parameter over the length limit',
    [`GET /list/${'x'.repeat(9000)} HTTP/1.1`, host],
    414,
    'target_too_long',
  ],
  ['headers over the size limit', [get, host, `X: ${'x'.repeat(20_000)}`], 431, 'headers_too_large'],
  ['UTF-8 in the target', ['GET /list/\xc3\xa9 HTTP/1.1', host], 400, 'bad_request'],
  ['bytes that are not HTTP', ['\x16\x03\x01\x02'], 400, 'bad_request'],
  ['a resource that is not published', ['GET /else HTTP/1.1', host], 404, 'not_found'],
])('%s is answered with a problem that has a date and a trace ID', async (_, lines, status, code) => {
  const [first = '', ...fields] = lines as string[]
  const answer = await ask(first, ...fields)
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(answer).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/i)
  expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json/i)
  const [, traceId = ''] = /\r\npostern-trace-id: ([0-9a-f]{32})\r\n/i.exec(answer) ?? []
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ status, code, traceId })
  if (status === 405) expect(answer).toMatch(/\r\nallow: (?:GET, HEAD|POST)\r\n/i)
  expect(answer.match(/^HTTP\/1\.1 \d/gm)).toHaveLength(1)
})

test('an expectation in HTTP/1.0 is ignored and gets no 100 (Continue)', async () => {
  for (const expectation of ['100-continue', 'else']) {
    const answer = await ask('GET /list/a HTTP/1.0', `Expect: ${expectation}`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  }
  const body = ['Content-Type: application/ocsp-request', 'Content-Length: 2', 'Expect: 100-continue']
  const answer = await send(
    `POST /asked HTTP/1.1\r\n${[host, ...body, 'Connection: close'].join('\r\n')}\r\n\r\nab`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
})

test('an offer to upgrade the protocol is ignored, and the connection stays open', async () => {
  const socket = connect(port, '127.0.0.1')
  const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
  const post = ['Content-Type: application/ocsp-request', 'Content-Length: 2', ...offer]
  const requests = [
    [get, host, ...offer].join('\r\n').concat('\r\n\r\n'),
    ['POST /asked HTTP/1.1', host, ...post].join('\r\n').concat('\r\n\r\nab'),
    [get, host, 'Connection: close'].join('\r\n').concat('\r\n\r\n'),
  ]
  socket.write(requests.shift() as string)
  let answers = 0
  for await (const chunk of socket) {
    answers += String(chunk).match(/HTTP\/1\.1 200 /g)?.length ?? 0
    const next = requests.shift()
    if (next !== undefined) socket.write(next)
  }
  expect(answers).toBe(3)
})

test('HEAD gets the headers of GET without a body', async () => {
  const [read, head] = [await ask(get, host), await ask('HEAD /list/a HTTP/1.1', host)]
  const fieldsOf = (text: string) =>
    text.slice(0, text.indexOf('\r\n\r\n')).replace(/(?:date|postern-trace-id): [^\r]*\r\n/gi, '')
  expect(fieldsOf(head)).toBe(fieldsOf(read))
  expect(head).toMatch(/content-length: 3/i)
  expect(head.endsWith('\r\n\r\n')).toBe(true)
  expect(await ask('HEAD /healthz HTTP/1.1', host)).toMatch(/^HTTP\/1\.1 200 /)
})

test.each([
  ['"7"', 304],
  ['W/"7"', 304],
  ['*', 304],
  [' * ', 304],
  ['"1", W/"7"', 304],
  ['"1,2","7"', 304],
  ['"1"', 200],
  ['7', 200],
  ['"7', 200],
  ['"1, *"', 200],
  ['""7""', 200],
])('If-None-Match: %s is answered with %i', async (value, status) => {
  for (const method of ['GET', 'HEAD']) {
    const answer = await ask(`${method} /list/a HTTP/1.1`, host, `If-None-Match: ${value}`)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/\r\netag: "7"\r\n/i)
    expect(/\r\ncontent-type: /i.test(answer)).toBe(status === 200)
  }
})

test('If-None-Match is ignored for POST', async () => {
  const fields = ['Content-Type: application/ocsp-request', 'Content-Length: 0', 'If-None-Match: *']
  expect(await ask('POST /asked HTTP/1.1', host, ...fields)).toMatch(/^HTTP\/1\.1 200 /)
})

test.each(faults.map(([path]) => path))(
  'an unexpected error at %s is answered with a problem without internal details',
  async (path) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    const text = await response.text()
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect([500, 503]).toContain(response.status)
    expect(Object.keys(JSON.parse(text))).toEqual(['type', 'title', 'status', 'code', 'detail', 'traceId'])
    expect(text).not.toMatch(/ECONN|connect|192\.0\.2\.1|Cannot read/)
  },
)
