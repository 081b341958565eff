import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

/** Connections from here begin with a header. */
const balancer = '127.0.0.9'
const limits = { openConnections: 20, connectionsPerSecond: 10 }
let harness: GatewayHarness
let client: TestClient

beforeAll(async () => {
  harness = await openGatewayHarness({
    unauthenticatedLimits: limits,
    proxyProtocolFrom: [`${balancer}/32`, '2001:db8::/32'],
  })
  client = await harness.issue()
})
afterAll(() => harness[Symbol.asyncDispose]())

const line = (address: string) =>
  Buffer.from(`PROXY TCP${address.includes(':') ? 6 : 4} ${address} ${address} 1 2\r\n`)
const block = (hex: string) => Buffer.from(`0d0a0d0a000d0a515549540a${hex}`, 'hex')
const halfHello = Buffer.from('160301020001000200', 'hex')

async function open(localAddress = balancer): Promise<Socket> {
  const socket = connect({ port: harness.port(), host: '127.0.0.1', localAddress, noDelay: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends octets and waits until the gateway has closed the connection; returns what it answered. */
async function send(bytes: Buffer, localAddress = balancer): Promise<string> {
  const socket = await open(localAddress)
  let answer = ''
  socket.on('data', (data) => {
    answer += data
  })
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

/** Returns status and client address of a request after `header`; nothing if the connection was closed. */
async function call(header: Buffer, { as, pieces = false }: { as?: TestClient; pieces?: boolean } = {}) {
  const socket = await open()
  const packets = pieces ? Array.from(header, (octet) => Buffer.from([octet])) : [header]
  for (const packet of packets) {
    socket.write(packet)
    if (pieces) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  const identity = as && { cert: as.cert, key: as.key }
  const createConnection = () =>
    connectTls({ socket, ca: harness.ca, servername: 'localhost', ...identity }) as never
  try {
    const asked = request('http://localhost/whoami', { createConnection })
    asked.end()
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, address: JSON.parse(text).client?.address }
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

test.each([
  ['version 1', line('192.0.2.1'), '192.0.2.1'],
  ['version 1 with IPv6', line('2001:db8::7'), '2001:db8::7'],
  ['version 2', block('2111000cc0000201c63364020dc401bb'), '192.0.2.1'],
  ['version 2 with other fields', block('21110010c0000201c63364020dc401bb04000100'), '192.0.2.1'],
  ['a health check', block('20000000'), balancer],
])('the client address is that of a header of %s, also in single octets', async (_what, header, address) => {
  const calls = await Promise.all([call(header, { as: client }), call(header, { as: client, pieces: true })])
  expect(calls).toEqual([
    { status: 200, address },
    { status: 200, address },
  ])
})

test('what comes with the header belongs to the handshake', async () => {
  const socket = await open()
  socket.write(Buffer.concat([line('192.0.2.3'), halfHello]))
  setTimeout(() => socket.end(), 100)
  await once(socket.resume(), 'close')
  const [row] = await harness.untilActivity(({ client_address }) => client_address === '192.0.2.3')
  expect(row).toMatchObject({ code: 'tls_handshake_reset' })
})

test('limits count the clients behind a load balancer, not the load balancer', async () => {
  const sockets: Socket[] = []
  for (let i = 0; i < 2 * limits.openConnections; i += 1) {
    const socket = await open()
    socket.write(line('192.0.2.4'))
    sockets.push(socket.resume())
  }
  await harness.untilActivity(({ code }) => code === 'address_limited')
  expect(await call(line('192.0.2.4'))).toBeUndefined()
  const others = Array.from({ length: 60 }, (_, i) => call(line(`192.0.2.${100 + i}`), { as: client }))
  expect(new Set((await Promise.all(others)).map((answer) => answer?.status))).toEqual(new Set([200]))
  const rows = await harness.untilActivity(({ code }) => code === 'address_limited')
  expect(rows.map(({ client_address }) => client_address)).toEqual(['192.0.2.4'])
  for (const socket of sockets) socket.destroy()
})

test.each([
  ['a handshake without a header', halfHello, 'it sent something else'],
  ['an invalid header', Buffer.from('PROXY UDP4 1 2 3 4\r\n'), 'its line names an unknown protocol'],
])('%s from a named address is closed, and the log says so', async (_what, bytes) => {
  const before = harness.logged.length
  expect(await send(bytes)).toBe('')
  expect(harness.logged.slice(before)).toEqual([
    expect.stringMatching(/gateway\.proxyProtocolFrom names its address .* Switch the PROXY protocol on/),
  ])
})

test('a header that does not end is waited for during three seconds', async () => {
  const before = harness.logged.length
  const silent = open().then((socket) => once(socket.resume(), 'close'))
  const whole = line('192.0.2.5')
  const started = performance.now()
  expect(await send(whole.subarray(0, -1))).toBe('')
  expect(performance.now() - started).toBeGreaterThan(2500)
  await silent
  // One line a minute tells of both.
  expect(harness.logged.slice(before)).toEqual([expect.stringContaining('gateway.proxyProtocolFrom')])
})

test('a load balancer that only looks whether the port is open is not reported', async () => {
  const before = harness.logged.length
  for (const bytes of [Buffer.alloc(0), line('192.0.2.6'), line('192.0.2.6').subarray(0, 5)]) {
    const socket = await open()
    socket.end(bytes)
    await once(socket.resume(), 'close')
  }
  await call(line('192.0.2.7'), { as: client })
  expect(harness.logged.slice(before)).toEqual([])
  const rows = await harness.untilActivity(({ client_address }) => client_address === '192.0.2.7')
  expect(rows).toHaveLength(1)
})

test('a header from any other address is rejected, and so is a second one', async () => {
  expect(await send(line('192.0.2.8'), '127.0.0.10')).toBe('')
  expect(await send(Buffer.concat([line('192.0.2.8'), line('192.0.2.9')]))).toBe('')
  const rows = await harness.untilActivity(({ code }) => code === 'proxy_header_unexpected', 2)
  const told = rows.map(({ client_address, explanation }) => [client_address, explanation])
  expect(Object.fromEntries(told)).toEqual({
    '127.0.0.10': expect.stringContaining('gateway.proxyProtocolFrom does not name 127.0.0.10'),
    '192.0.2.8': expect.stringContaining('two headers'),
  })
})
