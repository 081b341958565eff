import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openBridge } from '../../test/support/bridge.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { recordChange } from './change-log.ts'
import { openDatabase } from './database.ts'
import { listenPostgres } from './listen-postgres.ts'
import { postgresWaits } from './storage-limits.ts'
import { type Hearing, wakeUpChannel } from './wake-up.ts'

const patience = { timeout: 20_000 }

/** Listens on a new database of its own, behind a bridge. */
async function listen(silence?: (channel: string) => Promise<void>) {
  const url = await createPostgresDatabase(inject('postgresUrl'), inject('migratedStores').postgres)
  const bridge = await openBridge(url)
  const database = await openDatabase({ engine: 'postgres', url })
  const heard: Hearing[] = []
  let woken = 0
  const stop = await listenPostgres(
    bridge.url,
    {
      wake() {
        woken += 1
      },
      onHearing: (hearing) => void heard.push(hearing),
      notify: silence ?? (async (channel) => sql`select pg_notify(${channel}, '')`.execute(database.queries)),
    },
    postgresWaits,
  )
  onTestFinished(async () => {
    await stop()
    await database.close()
    bridge.close()
  })
  return { database, bridge, heard, woken: () => woken }
}

test('a listener reconnects automatically, and does not retry more often the longer the server is unavailable', async () => {
  const { database, bridge, heard, woken } = await listen()
  await expect.poll(() => heard, patience).toEqual(['unknown', 'yes'])
  // Listening wakes, since changes may have happened before.
  expect(woken()).toBe(1)
  bridge.cut()
  await wait(3000)
  expect(bridge.attempts()).toBeGreaterThan(1)
  expect(bridge.attempts()).toBeLessThan(30)
  expect(heard.at(-1)).toBe('unknown')
  bridge.mend()
  await expect.poll(() => heard.at(-1), patience).toBe('yes')
  expect(woken()).toBe(2)
  await sql`select pg_notify(${wakeUpChannel}, '')`.execute(database.queries)
  await expect.poll(woken, patience).toBe(3)
})

test('a transaction sends one notification after its commit, whatever it records, and none if it fails', async () => {
  const { database, heard, woken } = await listen()
  await expect.poll(() => heard, patience).toEqual(['unknown', 'yes'])
  const record = (count: number, fails = false) =>
    database.transaction(async (tx) => {
      for (let change = 0; change < count; change += 1) {
        await recordChange(tx, 'certificate', `c${change}`, 1)
        await recordChange(tx, 'organization', `o${change}`, 1)
      }
      await wait(100)
      expect(woken()).toBe(1)
      if (fails) throw new Error('undone')
    })
  await record(3, true).catch(() => {})
  await record(200)
  await expect.poll(woken, patience).toBe(2)
  await Promise.all(
    Array.from({ length: 10 }, () =>
      database.transaction((tx) => recordChange(tx, 'certificate', 'another', 1)),
    ),
  )
  await expect.poll(woken, patience).toBe(12)
})

test('a connection that is alive and hears nothing is proven to, and closed', async () => {
  const { bridge, heard } = await listen(async () => {})
  await expect.poll(() => heard, patience).toEqual(['unknown', 'no'])
  await expect.poll(bridge.open, patience).toBe(0)
})

test('a notification that cannot be sent proves nothing, and is sent again', async () => {
  let attempts = 0
  const { bridge, heard } = await listen(async () => {
    attempts += 1
    throw new Error('no connection is left')
  })
  await expect.poll(() => attempts, patience).toBeGreaterThan(2)
  expect(heard).toEqual(['unknown'])
  expect(bridge.open()).toBe(1)
})
