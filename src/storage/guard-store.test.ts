import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openBridge } from '../../test/support/bridge.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { runOnServer, takeStoreAway } from '../../test/support/make-store-unavailable.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { openDatabase, type StorageLocation } from './database.ts'
import { quiet } from './transact.ts'
import { createStoreWatch } from './watch-store.ts'

async function openWatched(location: StorageLocation) {
  const told: string[] = []
  let now = 0
  const note = (_: object, sentence: string) => void told.push(sentence)
  const watch = createStoreWatch(location, { warn: note, error: note }, () => now)
  const database = await openDatabase(location, { watch })
  onTestFinished(() => void database.close().catch(() => {}))
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  return { database, told, watch, pass }
}

const makeTable = async (database: Awaited<ReturnType<typeof openDatabase>>) => {
  await sql`create table t (a integer)`.execute(database.queries)
  return {
    insert: (a: number, options = quiet) =>
      database.transaction((tx) => sql`insert into t values (${a})`.execute(tx), options),
    list: async () =>
      (await sql<{ a: number }>`select a from t order by a`.execute(database.queries)).rows.map(({ a }) => a),
  }
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error,
  )

describeOnBothEngines('a store that becomes unavailable', (store) => {
  test('is reported once, however many queries fail, and once when it is available again', async () => {
    const { database, told, watch, pass } = await openWatched(store.location)
    const read = () => database.queries.selectFrom('jobs').select('kind').execute()
    await read()
    const bringBack = await takeStoreAway(store.location)
    for (const error of await Promise.all(Array.from({ length: 20 }, () => failureOf(read()))))
      expect(watch.hasSeen(error)).toBe(true)
    await failureOf(database.transaction((tx) => sql`delete from jobs`.execute(tx)))
    const reasons = new Set(told)
    expect(told).toHaveLength(reasons.size)
    await bringBack()
    await read()
    // An answer soon after a failure does not prove recovery: other connections may be dead too.
    pass(2000)
    await read()
    expect(told).toHaveLength(reasons.size)
    pass(2000)
    await read()
    expect(told.at(-1)).toBe('The store can be used again, after 4 s.')
    expect(told).toHaveLength(reasons.size + 1)
  })
})

test('a SQLite store saves nothing more after the first sign of damage, and reports why', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-damage-')), 'postern.db')
  const { database, told } = await openWatched({ engine: 'sqlite', path })
  const { insert } = await makeTable(database)
  await sql`create table other (b blob)`.execute(database.queries)
  await sql`insert into other values (zeroblob(200000))`.execute(database.queries)
  await insert(1)
  await sql`pragma wal_checkpoint(truncate)`.execute(database.queries)
  await sql`pragma shrink_memory`.execute(database.queries)
  const file = openSync(path, 'r+')
  for (let page = 2; page < 50; page++) writeSync(file, randomBytes(4096), 0, 4096, page * 4096)
  closeSync(file)
  const other = await openDatabase({ engine: 'sqlite', path }, {})
  onTestFinished(() => other.close())
  const first = await failureOf(sql`select count(*) from other where b = x'00'`.execute(database.queries))
  expect(String(first)).toMatch(/malformed/)
  expect(String(await failureOf(insert(2)))).toMatch(/malformed/)
  expect(told).toEqual([expect.stringMatching(/postern\.db is damaged.* Nothing is saved any more\./)])
})

test('a transaction whose connection ends before its commit is run again, once', async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const { database } = await openWatched({ engine: 'postgres', url })
  const { list } = await makeTable(database)
  let attempts = 0
  await database.transaction(async (tx) => {
    attempts += 1
    await sql`insert into t values (${attempts})`.execute(tx)
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    if (attempts === 1) await runOnServer(`select pg_terminate_backend(${rows[0]?.pid})`)
    await sql`select 1`.execute(tx)
  }, quiet)
  expect([attempts, await list()]).toEqual([2, [2]])
})

test('a commit that is never answered is not repeated, and its outcome is reported as unknown', async () => {
  const bridge = await openBridge(await createPostgresDatabase(inject('postgresUrl')))
  onTestFinished(() => bridge.close())
  const { database } = await openWatched({ engine: 'postgres', url: bridge.url })
  const { list } = await makeTable(database)
  let attempts = 0
  const failure = await failureOf(
    database.transaction(async (tx) => {
      attempts += 1
      await sql`insert into t values (7)`.execute(tx)
      // The commit arrives, its answer does not.
      bridge.loseAnswers()
    }, quiet),
  )
  expect(failure).toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringContaining('The change may have been made: look before you repeat it.'),
  })
  bridge.mend()
  expect([attempts, await list()]).toEqual([1, [7]])
})
