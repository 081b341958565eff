import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ListenerLimits } from '../../src/http/create-listener.ts'
import { createRevocationServer, type RevocationEndpoint } from '../../src/http/revocation-endpoints.ts'
import { openListener } from '../support/open-listener.ts'

const mebibyte = new Uint8Array(1 << 20)
const publications: RevocationEndpoint[] = [
  { path: '/now', handler: async () => ({ status: 200, headers: {}, body: 'now' }) },
  {
    path: '/in-a-while',
    async handler() {
      await sleep(1500)
      return { status: 200, headers: {}, body: 'in a while' }
    },
  },
  {
    path: '/large',
    handler: async () => ({ status: 200, headers: {}, body: manyOctets() }),
  },
  {
    method: 'POST',
    path: '/take',
    accepts: { mediaType: 'application/ocsp-request', maxOctets: 1000 },
    handler: async () => ({ status: 200, headers: {}, body: 'taken' }),
  },
]
async function* manyOctets() {
  for (let count = 0; count < 64; count++) yield mebibyte
}

/** Opens a test listener; `connectFrom` opens sockets to it that are closed with the test. */
async function open(limits: Partial<ListenerLimits> = {}) {
  const server = createRevocationServer(publications, {
    ...openListener,
    limits: { ...openListener.limits, ...limits },
  })
  await server.listen({ host: '127.0.0.1', port: 0 })
  const sockets: Socket[] = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await server.close()
  })
  const { port } = server.server.address() as AddressInfo
  const connectFrom = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  return { connectFrom, isOpen: (socket: Socket) => !socket.closed && !socket.destroyed }
}

/** Sends `text`; returns everything received until the connection ends. */
async function talk(socket: Socket, text: string): Promise<string> {
  let answer = ''
  socket.setEncoding('latin1').on('data', (part) => {
    answer += part
  })
  socket.write(text)
  if (!socket.closed) await once(socket, 'close')
  return answer
}
const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`
const honest = '127.0.0.9'

function expectProblem(answer: string, status: number, code: string): void {
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json/i)
  expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i)
  expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/i)
  const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
  expect(body).toMatchObject({ status, code, type: `http://localhost/help/errors/${code}` })
  expect(body.traceId).toMatch(/^[0-9a-f]{32}$/)
}

describe('the request time-out', () => {
  test.each([
    [
      'half a body',
      'POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/ocsp-request\r\ncontent-length: 9\r\n\r\nhalf',
    ],
    [
      'half a chunk',
      'POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/ocsp-request\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf',
    ],
    ['half a header', 'GET /now HTTP/1.1\r\nhost: '],
    ['half a line', 'GET /n'],
  ])('answers %s with 408 and closes the connection', async (_, text) => {
    const { connectFrom } = await open({ requestSeconds: 1 })
    expectProblem(await talk(await connectFrom(honest), text), 408, 'request_timeout')
  })

  test('closes a connection without any bytes and sends no response', async () => {
    const { connectFrom } = await open({ requestSeconds: 1 })
    expect(await talk(await connectFrom(honest), '')).toBe('')
  })

  test('closes a keep-alive connection after it is idle too long', async () => {
    const { connectFrom } = await open({ idleSeconds: 1 })
    const answer = await talk(await connectFrom(honest), 'GET /now HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('the connection limit', () => {
  const openMany = async (connectFrom: (address: string) => Promise<Socket>, address: string, count = 40) => {
    const sockets: Socket[] = []
    for (let number = 0; number < count; number++) sockets.push(await connectFrom(address))
    return sockets
  }

  test('closes idle connections of one address first, for others and for the same address', async () => {
    const { connectFrom, isOpen } = await open({ total: 8, perAddress: 4 })
    const silent = await openMany(connectFrom, '127.0.0.2')
    for (const address of [honest, '127.0.0.2'])
      expect(await talk(await connectFrom(address), ask('/now'))).toContain('now')
    expect(silent.filter(isOpen).length).toBeLessThanOrEqual(4)
  })

  test('closes idle connections of many addresses first', async () => {
    const { connectFrom, isOpen } = await open({ total: 8 })
    const silent: Socket[] = []
    for (let number = 20; number < 60; number++) silent.push(await connectFrom(`127.0.0.${number}`))
    expect(await talk(await connectFrom(honest), ask('/now'))).toContain('now')
    expect(silent.filter(isOpen).length).toBeLessThanOrEqual(8)
  })

  test.each([
    [
      'half-sent requests',
      'POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/ocsp-request\r\ncontent-length: 9\r\n\r\nhalf',
    ],
    ['responses that are not read', 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['used connections', 'GET /now HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('makes room despite %s', async (_, text) => {
    const { connectFrom } = await open({ total: 8 })
    for (const socket of await openMany(connectFrom, '127.0.0.2', 8)) socket.pause().write(text)
    await sleep(300)
    for (let count = 0; count < 3; count++)
      expect(await talk(await connectFrom(honest), ask('/now'))).toContain('now')
  })

  test('keeps responses in progress and does not treat their address as idle', async () => {
    const { connectFrom } = await open({ total: 8, perAddress: 4 })
    const answers = [honest, '127.0.0.2'].map(async (address) =>
      talk(await connectFrom(address), ask('/in-a-while')),
    )
    await sleep(200)
    await openMany(connectFrom, '127.0.0.2')
    for (const answer of await Promise.all(answers)) expect(answer).toContain('in a while')
  })

  test('closes a new connection if all others have responses in progress', async () => {
    const { connectFrom } = await open({ total: 4 })
    const answers = Array.from({ length: 4 }, async () => talk(await connectFrom(honest), ask('/in-a-while')))
    await sleep(300)
    expect(await talk(await connectFrom(honest), '')).toBe('')
    for (const answer of await Promise.all(answers)) expect(answer).toContain('in a while')
  })

  test('per address does not apply to a trusted proxy, but the total limit does', async () => {
    const proxy = '127.0.0.3'
    const { connectFrom, isOpen } = await open({
      total: 8,
      perAddress: 2,
      isProxy: (address) => address === proxy,
    })
    const sockets = await openMany(connectFrom, proxy, 6)
    await sleep(100)
    expect(sockets.filter(isOpen)).toHaveLength(6)
    sockets.push(...(await openMany(connectFrom, proxy, 20)))
    await sleep(100)
    expect(sockets.filter(isOpen).length).toBeLessThanOrEqual(8)
  })
})

describe('a problem document answers', () => {
  test.each([
    ['bytes that are not HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
    ['an unknown method', 'BREW /now HTTP/1.1\r\nhost: x\r\n\r\n', 501, 'method_unknown'],
    [
      'two lengths',
      'POST /take HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'bad_request',
    ],
    [
      'large headers',
      `GET /now HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['no host', 'GET /now HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['two hosts', 'GET /now HTTP/1.1\r\nhost: x\r\nHost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['two hosts in HTTP/1.0', 'GET /now HTTP/1.0\r\nhost: x\r\nhost: y\r\n\r\n', 400, 'bad_request'],
    ['letters outside ASCII', 'GET /n\u00f6w HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'bad_request'],
    [
      'a PROXY header',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /now HTTP/1.1\r\nhost: x\r\n\r\n',
      400,
      'proxy_header_unexpected',
    ],
    ['an expectation', 'GET /now HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n', 417, 'expectation_failed'],
    ['bad percent-encoding', 'GET /%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    [
      'incomplete percent-encoding',
      'GET /now?%e HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      400,
      'bad_request',
    ],
    ['an encoded letter', 'GET /%6eow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['a dot segment', 'GET /x/../now HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['a fragment', 'GET /now#x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['an unknown path', ask('/nothing'), 404, 'not_found'],
    ['a parameter that is too long', ask(`/now/${'x'.repeat(9000)}`), 404, 'not_found'],
    [
      'another method',
      'DELETE /now HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    [
      'a preflight method',
      'OPTIONS /take HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    [
      'another content type',
      'POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx',
      415,
      'unsupported_media_type',
    ],
    [
      'a large body',
      `POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/ocsp-request\r\ncontent-length: 1001\r\n\r\n${'x'.repeat(1001)}`,
      413,
      'body_too_large',
    ],
  ])('%s', async (_, text, status, code) => {
    const { connectFrom } = await open()
    const answer = await talk(await connectFrom(honest), text)
    expectProblem(answer, status, code)
    expect(answer).toMatch(/\r\ndate: \w{3}, /i)
    if (status === 405) expect(answer).toMatch(/\r\nallow: (GET, HEAD|POST)\r\n/i)
  })

  test('the absolute form of a request target gets the same response', async () => {
    const { connectFrom } = await open()
    expect(await talk(await connectFrom(honest), ask('http://x/now'))).toContain('now')
  })

  test('a response in progress is not mixed with the error for the bytes after it', async () => {
    const { connectFrom } = await open()
    const answer = await talk(
      await connectFrom(honest),
      'GET /large HTTP/1.1\r\nhost: x\r\n\r\nno request at all\r\n\r\n',
    )
    expect(answer).not.toContain('problem')
  })
})
