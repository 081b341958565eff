import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openBridge } from '../../test/support/bridge.ts'
import { postgresWaits } from './storage-limits.ts'
import { wakeUpChannel, watchPostgres } from './wake-up.ts'

test('a PostgreSQL watcher reconnects automatically, and does not retry more often the longer the server is unavailable', async () => {
  const bridge = await openBridge(inject('postgresUrl'))
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  let woken = 0
  const stop = await watchPostgres(
    bridge.url,
    () => {
      woken += 1
    },
    postgresWaits,
  )
  onTestFinished(async () => {
    await stop()
    bridge.close()
    await client.end()
  })
  bridge.cut()
  await wait(3000)
  expect(bridge.attempts()).toBeGreaterThan(1)
  expect(bridge.attempts()).toBeLessThan(30)
  bridge.mend()
  // Reconnecting wakes, since changes may have happened in the meantime.
  await expect.poll(() => woken, { timeout: 5000 }).toBe(1)
  await client.query(`notify ${wakeUpChannel}`)
  await expect.poll(() => woken, { timeout: 5000 }).toBe(2)
})
