import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ListenerLimits } from '../../src/http/create-listener.ts'
import { createPublicationServer, type Publication } from '../../src/http/publication-server.ts'
import { openListener } from '../support/open-listener.ts'

const mebibyte = new Uint8Array(1 << 20)
const publications: Publication[] = [
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
    accepts: { mediaType: 'application/ocsp-request', mostOctets: 1000 },
    handler: async () => ({ status: 200, headers: {}, body: 'taken' }),
  },
]
async function* manyOctets() {
  for (let count = 0; count < 64; count++) yield mebibyte
}

/** A listener of a test's own; `connectFrom` opens sockets to it that end with the test. */
async function open(limits: Partial<ListenerLimits> = {}) {
  const server = createPublicationServer(publications, {
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

/** Sends `text` and gives all that is answered until the connection ends. */
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
  expect(body).toMatchObject({ status, code, type: 'about:blank' })
  expect(body.traceId).toMatch(/^[0-9a-f-]{36}$/)
}

describe('a request has to arrive in time', () => {
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
  ])('%s is answered with 408, and the connection ends', async (_, text) => {
    const { connectFrom } = await open({ requestSeconds: 1 })
    expectProblem(await talk(await connectFrom(honest), text), 408, 'request_timeout')
  })

  test('a connection on which nothing comes is closed without a word', async () => {
    const { connectFrom } = await open({ requestSeconds: 1 })
    expect(await talk(await connectFrom(honest), '')).toBe('')
  })

  test('a connection that was used is closed once it is idle for too long', async () => {
    const { connectFrom } = await open({ idleSeconds: 1 })
    const answer = await talk(await connectFrom(honest), 'GET /now HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('connections are counted', () => {
  const openMany = async (connectFrom: (address: string) => Promise<Socket>, address: string, count = 40) => {
    const sockets: Socket[] = []
    for (let number = 0; number < count; number++) sockets.push(await connectFrom(address))
    return sockets
  }

  test('silent ones of one address leave room for those of others and for that address', async () => {
    const { connectFrom, isOpen } = await open({ total: 8, perAddress: 4 })
    const silent = await openMany(connectFrom, '127.0.0.2')
    for (const address of [honest, '127.0.0.2'])
      expect(await talk(await connectFrom(address), ask('/now'))).toContain('now')
    expect(silent.filter(isOpen).length).toBeLessThanOrEqual(4)
  })

  test('silent ones of many addresses leave room too', async () => {
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
    ['answers that nobody reads', 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['used connections', 'GET /now HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('%s leave room', async (_, text) => {
    const { connectFrom } = await open({ total: 8 })
    for (const socket of await openMany(connectFrom, '127.0.0.2', 8)) socket.pause().write(text)
    await sleep(300)
    for (let count = 0; count < 3; count++)
      expect(await talk(await connectFrom(honest), ask('/now'))).toContain('now')
  })

  test('what is being answered goes on, and its address is not taken for that of the silent ones', async () => {
    const { connectFrom } = await open({ total: 8, perAddress: 4 })
    const answers = [honest, '127.0.0.2'].map(async (address) =>
      talk(await connectFrom(address), ask('/in-a-while')),
    )
    await sleep(200)
    await openMany(connectFrom, '127.0.0.2')
    for (const answer of await Promise.all(answers)) expect(answer).toContain('in a while')
  })

  test('where all are being answered the new one is closed', async () => {
    const { connectFrom } = await open({ total: 4 })
    const answers = Array.from({ length: 4 }, async () => talk(await connectFrom(honest), ask('/in-a-while')))
    await sleep(300)
    expect(await talk(await connectFrom(honest), '')).toBe('')
    for (const answer of await Promise.all(answers)) expect(answer).toContain('in a while')
  })

  test('the limit of one address is not for a proxy, the limit of all is', async () => {
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

describe('bytes that are no request are answered with a problem', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad_request'],
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
    ['letters that are not ASCII', 'GET /n\u00f6w HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'bad_request'],
    [
      'a PROXY header',
      'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /now HTTP/1.1\r\nhost: x\r\n\r\n',
      400,
      'proxy_header_unexpected',
    ],
    ['an expectation', 'GET /now HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n', 417, 'expectation_failed'],
    ['no percent-encoding', 'GET /%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    [
      'half a percent-encoding',
      'GET /now?%e HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      400,
      'bad_request',
    ],
    ['an encoded letter', 'GET /%6eow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['a dot segment', 'GET /x/../now HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['a fragment', 'GET /now#x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', 400, 'bad_request'],
    ['an address that there is not', ask('/nothing'), 404, 'not_found'],
    ['a parameter that is too long', ask(`/now/${'x'.repeat(9000)}`), 404, 'not_found'],
    [
      'another method',
      'DELETE /now HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    [
      'a method that is preflight',
      'OPTIONS /take HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
      405,
      'method_not_allowed',
    ],
    [
      'another type of body',
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

  test('the absolute form of an address names the same', async () => {
    const { connectFrom } = await open()
    expect(await talk(await connectFrom(honest), ask('http://x/now'))).toContain('now')
  })

  test('an answer under way is not mixed with the words about what came behind it', async () => {
    const { connectFrom } = await open()
    const answer = await talk(
      await connectFrom(honest),
      'GET /large HTTP/1.1\r\nhost: x\r\n\r\nno request at all\r\n\r\n',
    )
    expect(answer).not.toContain('problem')
  })
})
