import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { openBridge } from '../support/bridge.ts'
import { createGatewayClient } from '../support/caller.ts'
import { type GatewayWorld, openGatewayWorld, type TestClient } from '../support/gateway-world.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const staleSeconds = 5

const openCaller = (world: GatewayWorld, client: TestClient) =>
  createGatewayClient(
    { gateways: { production: world.url(), staging: world.url('staging') }, serverCaFile: world.caFile },
    client,
    { keepAlive: true },
  )

/** Calls without a pause for a while; gives each distinct answer and the longest wait, milliseconds. */
async function callFor(caller: ReturnType<typeof openCaller>, milliseconds: number) {
  const answers = new Set<string>()
  let longest = 0
  for (const end = Date.now() + milliseconds; Date.now() < end; await wait(10)) {
    const started = performance.now()
    const { status, code } = await caller.get('/whoami')
    longest = Math.max(longest, performance.now() - started)
    answers.add(`${status} ${code}`.trim())
  }
  return { answers: [...answers], longest }
}

async function untilAnswer(caller: ReturnType<typeof openCaller>, wanted: string, seconds: number) {
  for (const end = Date.now() + seconds * 1000; ; await wait(50)) {
    const { status, code } = await caller.get('/whoami')
    if (`${status} ${code}`.trim() === wanted) return
    if (Date.now() > end) throw new Error(`still ${status} ${code} after ${seconds} s`)
  }
}

test('PostgreSQL that hangs: calls go on until what is known is too old, and again when it is back', {
  timeout: 180_000,
}, async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  await using world = await openGatewayWorld({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const caller = openCaller(world, await world.issue())
  expect((await callFor(caller, 200)).answers).toEqual(['200'])
  bridge.freeze()
  expect((await callFor(caller, 2000)).answers).toEqual(['200'])
  await untilAnswer(caller, '503 certificate_state_unknown', 10)
  expect((await callFor(caller, 500)).answers).toEqual(['503 certificate_state_unknown'])
  // What was frozen stays dead; cutting it is what the network or the time limit does in the end.
  bridge.cut()
  bridge.mend()
  await untilAnswer(caller, '200', 10)
  // It has said so once, and once that it is over.
  const said = () => world.logged.filter((sentence) => /cannot be reached|can be used again/.test(sentence))
  await expect.poll(said, { timeout: 20_000 }).toHaveLength(2)
  caller.close()
  bridge.close()
})

test('connections to PostgreSQL that die without a word: a revocation arrives within seconds all the same', {
  timeout: 180_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const bridge = await openBridge(url)
  await using world = await openGatewayWorld({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const client = await world.issue()
  const caller = openCaller(world, client)
  expect((await callFor(caller, 200)).answers).toEqual(['200'])
  bridge.freeze()
  bridge.mend()
  // The first attempt of the portal meets a dead connection.
  await world.revoke(client.id).catch(() => world.revoke(client.id))
  await untilAnswer(caller, '403 certificate_revoked', 10)
  caller.close()
  bridge.close()
})

test('PostgreSQL that is slow: no call waits for it, and a revocation arrives all the same', {
  timeout: 180_000,
}, async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  await using world = await openGatewayWorld({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const client = await world.issue()
  const caller = openCaller(world, client)
  await callFor(caller, 200)
  bridge.slowDown(400)
  const { answers, longest } = await callFor(caller, 3000)
  expect(answers).toEqual(['200'])
  expect(longest).toBeLessThan(400)
  await world.revoke(client.id)
  await untilAnswer(caller, '403 certificate_revoked', 10)
  bridge.mend()
  caller.close()
  bridge.close()
})

test('a SQLite file that another process holds for writing: no call waits for it', {
  timeout: 180_000,
}, async () => {
  await using world = await openGatewayWorld({ staleSeconds })
  const caller = openCaller(world, await world.issue())
  await callFor(caller, 200)
  const other = new DatabaseSync(`${world.folder}/postern.db`)
  other.exec('begin exclusive')
  const { answers, longest } = await callFor(caller, 3000)
  expect(answers).toEqual(['200'])
  expect(longest).toBeLessThan(2900)
  other.exec('rollback')
  other.close()
  await world.untilActivity(({ path }) => path === '/whoami', 50)
  caller.close()
})
