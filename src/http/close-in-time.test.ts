import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { expectWithin } from '../../test/support/expect-within.ts'
import { openListener } from '../../test/support/open-listener.ts'
import { createListener } from './create-listener.ts'

/** A keep-alive client that records its answers and when its connection was closed. */
async function keepConnection(port: number) {
  const socket: Socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())))
  await new Promise((resolve) => socket.once('connect', resolve))
  const client = {
    closed,
    received: () => received,
    ask: (path: string) => void socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`),
    async untilReceived(words: string) {
      for (const end = Date.now() + 5000; !received.includes(words); await wait(5))
        if (Date.now() > end) throw new Error(`not received: ${received}`)
    },
  }
  return client
}

test('a stopping listener closes idle connections immediately, and others after the answer in progress', async () => {
  const server = createListener({
    ...openListener,
    trustProxy: false,
    bodyLimit: 1,
    maxParamLength: 1,
    slashesInSegments: false,
  })
  let answer = () => {}
  server.get('/a', async () => 'quick')
  server.get('/slow', () => new Promise((resolve) => (answer = () => resolve('slow'))))
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const [idle, fresh, busy] = [
    await keepConnection(port),
    await keepConnection(port),
    await keepConnection(port),
  ]
  idle.ask('/a')
  await idle.untilReceived('quick')
  busy.ask('/a')
  await busy.untilReceived('quick')
  busy.ask('/slow')
  await wait(50)
  const started = performance.now()
  const stopped = server.close()
  expectWithin('an idle connection ends', 1000, (await idle.closed) - started)
  expectWithin('a connection without a request ends', 1500, (await fresh.closed) - started)
  expect(busy.received()).not.toContain('slow')
  answer()
  await busy.closed
  const [, last = ''] = busy.received().split('quick')
  expect(last).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n.*slow$/is)
  await stopped
})
