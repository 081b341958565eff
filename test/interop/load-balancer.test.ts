import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { type ProxyProgram, startPassthrough } from '../support/proxy-program.ts'

const limits = { openConnections: 20, connectionsPerSecond: 5 }
let harness: GatewayHarness
let haproxy: ProxyProgram & { port: number }
let client: TestClient

beforeAll(async () => {
  harness = await openGatewayHarness({ unauthenticatedLimits: limits, proxyProtocolFrom: ['127.0.0.1'] })
  haproxy = await startPassthrough(harness.folder, [harness.port()])
  client = await harness.issue()
})
afterAll(async () => {
  await haproxy?.stop()
  await harness[Symbol.asyncDispose]()
})

/** Returns the address of which a new connection through HAProxy is; undefined if it was closed. */
async function call(localAddress: string): Promise<string | undefined> {
  const agent = new Agent({ ca: harness.ca, localAddress, cert: client.cert, key: client.key })
  try {
    const place = { host: '127.0.0.1', port: haproxy.port, servername: 'localhost', path: '/whoami' }
    const asked = request({ ...place, agent, headers: { host: 'localhost' } }).end()
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return JSON.parse(text).client.address
  } catch {
    return undefined
  } finally {
    agent.destroy()
  }
}

test('strangers behind HAProxy cost an honest client behind it no connection', async () => {
  let closed = 0
  let isOver = false
  const place = { host: '127.0.0.1', port: haproxy.port, servername: 'localhost', rejectUnauthorized: false }
  const options = { ...place, localAddress: '127.0.0.30' }
  const flood = async () => {
    while (!isOver) {
      const stranger = connectTls(options, () => stranger.destroy())
      stranger.on('error', () => {
        closed += 1
      })
      await wait(4)
    }
  }
  const flooding = flood()
  const answers: (string | undefined)[] = []
  for (let i = 0; i < 100; i += 1) answers.push(await call('127.0.0.31'))
  isOver = true
  await flooding
  expect(answers).toEqual(answers.map(() => '127.0.0.31'))
  // The limit of one address was used up meanwhile, which without the header is the address of HAProxy.
  expect(closed).toBeGreaterThan(0)
  const limited = await harness.untilActivity(({ code }) => code === 'address_limited')
  expect(limited.map(({ client_address }) => client_address)).toEqual(['127.0.0.30'])
})

test('health checks of HAProxy leave no trace', async () => {
  // More than one interval of two seconds.
  await wait(2500)
  expect(harness.logged).toEqual([])
  const rows = await harness.untilActivity(({ client_address }) => client_address === '127.0.0.31')
  expect(rows.length).toBeGreaterThan(0)
  await expect(call('127.0.0.32')).resolves.toBe('127.0.0.32')
})
