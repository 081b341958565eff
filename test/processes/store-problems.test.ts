import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { openBridge } from '../support/bridge.ts'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const staleSeconds = 5

const openTestClient = (harness: GatewayHarness, client: TestClient) =>
  createGatewayClient(
    {
      gateways: { production: harness.url(), staging: harness.url('staging') },
      serverCaFile: harness.caFile,
    },
    client,
    { keepAlive: true },
  )

/**
 * Sends requests continuously for a while; returns each distinct response and the longest wait, milliseconds.
 */
async function callFor(caller: ReturnType<typeof openTestClient>, milliseconds: number) {
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

async function untilAnswer(caller: ReturnType<typeof openTestClient>, wanted: string, seconds: number) {
  for (const end = Date.now() + seconds * 1000; ; await wait(50)) {
    const { status, code } = await caller.get('/whoami')
    if (`${status} ${code}`.trim() === wanted) return
    if (Date.now() > end) throw new Error(`still ${status} ${code} after ${seconds} s`)
  }
}

test('if PostgreSQL hangs, requests continue until the registry is too old, and recover', {
  timeout: 180_000,
}, async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  await using harness = await openGatewayHarness({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const caller = openTestClient(harness, await harness.issue())
  expect((await callFor(caller, 200)).answers).toEqual(['200'])
  bridge.freeze()
  expect((await callFor(caller, 2000)).answers).toEqual(['200'])
  await untilAnswer(caller, '503 certificate_state_unknown', 10)
  expect((await callFor(caller, 500)).answers).toEqual(['503 certificate_state_unknown'])
  // Frozen connections stay dead; in practice the network or a time-out closes them.
  bridge.cut()
  bridge.mend()
  await untilAnswer(caller, '200', 10)
  // The log has one line for the outage and one for its end.
  const said = () => harness.logged.filter((sentence) => /cannot be reached|can be used again/.test(sentence))
  await expect.poll(said, { timeout: 20_000 }).toHaveLength(2)
  caller.close()
  bridge.close()
})

test('if PostgreSQL connections die silently, a revocation still takes effect within seconds', {
  timeout: 180_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const bridge = await openBridge(url)
  await using harness = await openGatewayHarness({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const client = await harness.issue()
  const caller = openTestClient(harness, client)
  expect((await callFor(caller, 200)).answers).toEqual(['200'])
  bridge.freeze()
  bridge.mend()
  // The portal's first attempt uses a dead connection.
  await harness.revoke(client.id).catch(() => harness.revoke(client.id))
  await untilAnswer(caller, '403 certificate_revoked', 10)
  caller.close()
  bridge.close()
})

test('if PostgreSQL is slow, no request waits for it, and a revocation takes effect', {
  timeout: 180_000,
}, async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  await using harness = await openGatewayHarness({
    location: { engine: 'postgres', url: bridge.url },
    staleSeconds,
  })
  const client = await harness.issue()
  const caller = openTestClient(harness, client)
  await callFor(caller, 200)
  bridge.slowDown(400)
  const { answers, longest } = await callFor(caller, 3000)
  expect(answers).toEqual(['200'])
  expect(longest).toBeLessThan(400)
  await harness.revoke(client.id)
  await untilAnswer(caller, '403 certificate_revoked', 10)
  bridge.mend()
  caller.close()
  bridge.close()
})

test('if another process holds the SQLite write lock, no request waits for it', {
  timeout: 180_000,
}, async () => {
  await using harness = await openGatewayHarness({ staleSeconds })
  const caller = openTestClient(harness, await harness.issue())
  await callFor(caller, 200)
  const other = new DatabaseSync(`${harness.folder}/postern.db`, { timeout: 10_000 })
  other.exec('begin exclusive')
  const { answers, longest } = await callFor(caller, 3000)
  expect(answers).toEqual(['200'])
  expect(longest).toBeLessThan(2900)
  other.exec('rollback')
  other.close()
  await harness.untilActivity(({ path }) => path === '/whoami', 50)
  caller.close()
})
