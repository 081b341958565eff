import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Bridge, openBridge } from '../../test/support/bridge.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { recordChange } from './change-log.ts'
import { type Database, openDatabase } from './database.ts'
import { findStoreProblem } from './engine.ts'
import { locks } from './lock-order.ts'
import { migrate } from './migrate.ts'
import type { StorageWaits } from './storage-limits.ts'
import { quiet } from './transact.ts'
import type { Hearing } from './wake-up.ts'

const short = { connect: 400, silent: 400, silentAside: 60_000, lock: 2000, idle: 300, heartbeat: 100 }

const url = await createPostgresDatabase(inject('postgresUrl'))
await using(await openDatabase({ engine: 'postgres', url }), migrate)

async function using<T>(database: Database, work: (database: Database) => Promise<T>): Promise<T> {
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Opens a store behind a proxy that can stop forwarding, with short limits. */
async function open(waits: Partial<StorageWaits> = {}): Promise<{ database: Database; bridge: Bridge }> {
  const bridge = await openBridge(url)
  const database = await openDatabase(
    { engine: 'postgres', url: bridge.url },
    { waits: { ...short, ...waits } },
  )
  onTestFinished(async () => {
    await database.close()
    bridge.close()
  })
  return { database, bridge }
}

/** Makes all open connections silent; new ones are served. */
function forget(bridge: Bridge): void {
  bridge.freeze()
  bridge.mend()
}

const ask = ({ queries }: Pick<Database, 'queries'>) => sql<{ one: number }>`select 1 as one`.execute(queries)
const record = (database: Database) => database.transaction((tx) => recordChange(tx, 'certificate', 'c', 1))
const getProblem = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => findStoreProblem(error),
  )

test('connections that die silently cost one query its time limit, and are closed', async () => {
  const { database, bridge } = await open()
  await Promise.all(Array.from({ length: 4 }, () => ask(database)))
  await ask({ queries: database.aside })
  expect(bridge.open()).toBe(5)
  forget(bridge)
  // Longer than the limit between two rows of an answer.
  const reading = getProblem(sql`select 1`.execute(database.aside))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await getProblem(ask(database))).toBe('unreachable')
  for (let asked = 0; asked < 4; asked += 1) expect((await ask(database)).rows).toEqual([{ one: 1 }])
  await expect.poll(() => bridge.open()).toBeLessThanOrEqual(2)
  expect(await getProblem(ask(database))).toBe('none')
  forget(bridge)
  await getProblem(ask(database))
  expect(await reading).toBe('unreachable')
})

test('a query without a time limit fails with other dead connections, even if it began after theirs', async () => {
  const { database, bridge } = await open()
  await Promise.all([ask(database), ask({ queries: database.aside })])
  forget(bridge)
  const impatient = getProblem(ask(database))
  await wait(200)
  const patient = getProblem(ask({ queries: database.aside }))
  expect(await impatient).toBe('unreachable')
  expect(await patient).toBe('unreachable')
  expect(await getProblem(ask({ queries: database.aside }))).toBe('none')
})

test('a server that accepts connections and never answers fails each query in time, and leaks no socket', async () => {
  const { database, bridge } = await open()
  bridge.freeze()
  const asked = Array.from({ length: 30 }, () => getProblem(ask(database)))
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['unreachable']))
  const recorded = Array.from({ length: 10 }, () => getProblem(record(database)))
  expect(new Set(await Promise.all(recorded))).toEqual(new Set(['unreachable']))
  await expect.poll(() => bridge.open()).toBe(0)
  bridge.mend()
  expect(await getProblem(record(database))).toBe('none')
})

test('an answer that arrives slowly, row by row, does not count as a dead connection', async () => {
  const { database } = await open()
  const { rows } = await sql`select repeat('x', 20000), pg_sleep(0.1) from generate_series(1, 8)`.execute(
    database.queries,
  )
  expect(rows).toHaveLength(8)
})

test('a process that was suspended itself does not treat its connections as dead', async () => {
  const { database } = await open()
  await ask(database)
  const asked = ask(database)
  for (const end = performance.now() + 600; performance.now() < end; );
  expect((await asked).rows).toEqual([{ one: 1 }])
})

test('an abandoned transaction holds the record lock until the server’s timeout, and no longer', async () => {
  const { database, bridge } = await open()
  const other = await openDatabase({ engine: 'postgres', url }, { waits: short })
  onTestFinished(() => other.close())
  const abandoned = getProblem(
    database.transaction(async (tx) => {
      await recordChange(tx, 'certificate', 'abandoned', 1)
      forget(bridge)
      // The connection is dead from here on, unknown to both ends.
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await Promise.all([record(other), record(other), record(other)])).toHaveLength(3)
  const rows = await other.queries
    .selectFrom('changes')
    .where('subject_id', '=', 'abandoned')
    .selectAll()
    .execute()
  expect(rows).toEqual([])
  expect(await abandoned).toBe('unreachable')
})

test('a transaction that waits for the record lock fails after its time limit, and so do those behind it', async () => {
  const { database } = await open({ lock: 1200, silent: 5000 })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('begin')
  await client.query(`select pg_advisory_xact_lock(${locks.record})`)
  const waiting = Array.from({ length: 12 }, () => getProblem(record(database)))
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['busy']))
  await client.query('rollback')
  expect(await getProblem(record(database))).toBe('none')
})

test('a dead notification connection is detected by its heartbeat', async () => {
  const { database, bridge } = await open()
  let woken = 0
  let hearing: Hearing | undefined
  const stop = await database.watch(
    () => {
      woken += 1
    },
    (now) => {
      hearing = now
    },
  )
  await expect.poll(() => hearing).toBe('yes')
  forget(bridge)
  await expect.poll(() => woken, { timeout: 10_000 }).toBe(2)
  await using(await openDatabase({ engine: 'postgres', url }), record)
  await expect.poll(() => woken, { timeout: 10_000 }).toBe(3)
  await stop()
})

test('notifications start once a server that was unavailable at first is available', async () => {
  const { database, bridge } = await open()
  bridge.freeze()
  let woken = 0
  const stop = await database.watch(() => {
    woken += 1
  })
  bridge.mend()
  await expect.poll(() => woken).toBe(1)
  await stop()
})

test('closing does not wait for dead connections, and leaves none open', async () => {
  const { database, bridge } = await open()
  await Promise.all(Array.from({ length: 3 }, () => ask(database)))
  const stop = await database.watch(() => {})
  expect(bridge.open()).toBe(4)
  forget(bridge)
  await stop()
  await database.close()
  await expect.poll(() => bridge.open(), { timeout: 5000 }).toBe(0)
})

test('limits of a transaction end with it, as pgbouncer requires, and the server monitors the connection', async () => {
  const { database } = await open()
  const read = (queries: Database['queries']) =>
    sql<Record<string, string>>`
      select current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle,
        current_setting('client_connection_check_interval') as check, current_setting('tcp_user_timeout') as user
    `.execute(queries)
  const inside = await database.transaction((tx) => read(tx))
  expect(inside.rows[0]).toMatchObject({ lock: '2s', idle: '300ms' })
  const outside = await read(database.queries)
  expect(outside.rows[0]).toEqual({ lock: '0', idle: '0', check: '5s', user: '5000' })
})

test('connections to a server that can only be read are replaced when a change fails there', async () => {
  const { database, bridge } = await open()
  await Promise.all(Array.from({ length: 4 }, () => ask(database)))
  expect(bridge.open()).toBe(4)
  const failed = await getProblem(
    database.transaction(async (tx) => {
      await sql`set transaction read only`.execute(tx)
      await sql`create table never (id text)`.execute(tx)
    }, quiet),
  )
  expect(failed).toBe('read-only')
  await expect.poll(() => bridge.open()).toBe(0)
  expect((await ask(database)).rows).toEqual([{ one: 1 }])
})
