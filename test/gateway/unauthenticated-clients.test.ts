import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeCostlyChain } from '../support/costly-chain.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

const limits = { openConnections: 20, connectionsPerSecond: 10 }
let harness: GatewayHarness
let client: TestClient
const sockets: Socket[] = []

beforeAll(async () => {
  harness = await openGatewayHarness({ unauthenticatedLimits: limits })
  client = await harness.issue()
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})
afterAll(() => harness[Symbol.asyncDispose]())

/** Opens a connection that sends `bytes` and nothing more. */
function open(localAddress: string, bytes: Buffer | string = ''): Socket {
  const place = { port: harness.port(), host: '127.0.0.1', localAddress }
  const socket = connect(place, () => socket.write(bytes))
  socket.on('error', () => {})
  socket.resume()
  sockets.push(socket)
  return socket
}

/** Returns the status of a request on its own connection; 0 if it was closed. */
async function call(as: TestClient | undefined, localAddress: string): Promise<number> {
  const agent = new Agent({ ca: harness.ca, localAddress, ...(as && { cert: as.cert, key: as.key }) })
  try {
    const asked = request(`https://127.0.0.1:${harness.port()}/whoami`, {
      agent,
      servername: 'localhost',
      headers: { host: 'localhost' },
    })
    asked.end()
    const [response] = await once(asked, 'response')
    response.resume()
    return response.statusCode
  } catch {
    return 0
  } finally {
    agent.destroy()
  }
}

/** Each test has its own address, so that one test does not use up the limit of another. */
const others = '127.0.0.2'

test('the gateway limits open connections that send nothing, and serves others meanwhile', {
  timeout: 30_000,
}, async () => {
  for (let i = 0; i < 200; i += 1) open('127.0.0.3')
  await wait(500)
  expect(sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(limits.openConnections)
  expect(await call(client, '127.0.0.3')).toBe(0)
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(client, others)))
  expect(new Set(answers)).toEqual(new Set([200]))
  const rows = await harness.untilActivity(({ code }) => code === 'address_limited')
  expect(rows.filter(({ code }) => code === 'address_limited')).toEqual([
    expect.objectContaining({ outcome: 'refused', client_address: '127.0.0.3' }),
  ])
})

test('a client that reconnects without a certificate gets the reason at first, then no response', {
  timeout: 30_000,
}, async () => {
  const answers: number[] = []
  for (let i = 0; i < 100; i += 1) answers.push(await call(undefined, '127.0.0.4'))
  const refused = answers.filter((status) => status === 403)
  expect(refused.length).toBeGreaterThanOrEqual(limits.connectionsPerSecond * 5)
  expect(answers.filter((status) => status === 0).length).toBeGreaterThan(10)
  expect(await call(client, others)).toBe(200)
})

test('a client with an accepted certificate can connect without limit', { timeout: 30_000 }, async () => {
  for (let i = 0; i < 5; i += 1) {
    const answers = await Promise.all(Array.from({ length: 15 }, () => call(client, '127.0.0.5')))
    expect(new Set(answers)).toEqual(new Set([200]))
  }
})

test('bytes that are no handshake, or a damaged one, do not stop the gateway', {
  timeout: 30_000,
}, async () => {
  const hello = Buffer.from('16030100c8010000c40303', 'hex')
  for (let i = 0; i < 40; i += 1) {
    const type = [0x14, 0x15, 0x16, 0x17, 0x18, 0xff][i % 6] as number
    open('127.0.0.6', Buffer.concat([Buffer.from([type, 3, i % 5]), randomBytes(i * 37)]))
    open('127.0.0.6', Buffer.concat([hello, randomBytes(i * 7)]))
    await wait(5)
  }
  expect(await call(client, others)).toBe(200)
})

test('an address is charged more for a chain that costs more to verify', {
  timeout: 30_000,
}, async () => {
  const costly = { ...client, ...makeCostlyChain(7) }
  // The burst of an address is fifty connections; each of these costs about thirty.
  const answers: number[] = []
  for (let i = 0; i < 6; i += 1) answers.push(await call(costly, '127.0.0.7'))
  expect(answers[0]).toBe(403)
  expect(answers.filter((status) => status === 403).length).toBeLessThan(4)
  expect(await call(client, '127.0.0.7')).toBe(0)
  expect(await call(client, others)).toBe(200)
})
