import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { wakeUpChannel, watchPostgres } from './wake-up.ts'

/** Stands between us and PostgreSQL, and can cut every connection and take no other. */
async function openBridge() {
  const target = new URL(inject('postgresUrl'))
  const sockets = new Set<Socket>()
  const state = { isCut: false, attempts: 0 }
  const server = createServer((socket) => {
    state.attempts += 1
    socket.on('error', () => {})
    if (state.isCut) return socket.destroy()
    const other = connect(Number(target.port), target.hostname)
    other.on('error', () => {})
    for (const each of [socket, other]) sockets.add(each)
    return socket.pipe(other).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    state,
    cut() {
      state.isCut = true
      state.attempts = 0
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test('a watcher of PostgreSQL comes back by itself, and does not knock more often the longer it is away', async () => {
  const bridge = await openBridge()
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  let woken = 0
  const stop = await watchPostgres(bridge.url, () => {
    woken += 1
  })
  onTestFinished(async () => {
    await stop()
    bridge.close()
    await client.end()
  })
  bridge.cut()
  await wait(3000)
  expect(bridge.state.attempts).toBeGreaterThan(1)
  expect(bridge.state.attempts).toBeLessThan(30)
  bridge.state.isCut = false
  // Coming back wakes, since something may have happened meanwhile.
  await expect.poll(() => woken, { timeout: 5000 }).toBe(1)
  await client.query(`notify ${wakeUpChannel}`)
  await expect.poll(() => woken, { timeout: 5000 }).toBe(2)
})
