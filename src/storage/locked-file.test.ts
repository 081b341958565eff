import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { recordChange } from './change-log.ts'
import { type Database, openDatabase } from './database.ts'
import { emptyLog } from './empty-log.ts'
import { findStoreProblem } from './engine.ts'
import { migrate } from './migrate.ts'
import { watchSqlite } from './wake-up.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-locked-'))
const path = join(folder, 'postern.db')
const lockMs = 300
const database = await openDatabase({ engine: 'sqlite', path }, { waits: { lock: lockMs } })
await migrate(database)
await sql`create table other (x)`.execute(database.queries)
afterAll(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

/** Locks the file for writing, or completely, as another program; returns the function that unlocks it. */
function hold(file: string, how: string): () => void {
  const other = new DatabaseSync(file, { timeout: 5000 })
  other.exec(how)
  let isHeld = true
  const release = () => {
    if (isHeld) other.close()
    isHeld = false
  }
  onTestFinished(release)
  return release
}
const holdWriting = () => hold(path, 'begin immediate')

const record = ({ transaction }: Database) => transaction((tx) => recordChange(tx, 'certificate', 'c', 1))
const write = ({ queries }: Database) => queries.deleteFrom('jobs').where('id', '=', 'none').execute()
const read = (queries: Database['queries']) => queries.selectFrom('changes').select('version').execute()
const getProblem = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => findStoreProblem(error),
  )

/** Counts the turns of the event loop while `work` waits. */
async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 10)
  await work()
  clearInterval(timer)
  return turns
}

test('changes to a locked SQLite file all fail after their time limit, while the event loop runs and reads are answered', async () => {
  holdWriting()
  const turns = await countTurns(async () => {
    const waiting = Array.from({ length: 40 }, () =>
      [record(database), write(database)].map(getProblem),
    ).flat()
    expect(await getProblem(read(database.queries))).toBe('none')
    expect(await getProblem(read(database.aside))).toBe('none')
    const started = performance.now()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['busy']))
    // In parallel, not one after the other.
    expect(performance.now() - started).toBeLessThan(lockMs * 10)
  })
  expect(turns).toBeGreaterThan(5)
})

test('later changes to a locked SQLite file wait their own time limit', async () => {
  const release = holdWriting()
  const first = getProblem(record(database))
  await new Promise((resolve) => setTimeout(resolve, lockMs - 100))
  const second = record(database)
  const third = write(database)
  expect(await first).toBe('busy')
  release()
  await Promise.all([second, third])
})

test('a completely locked SQLite file blocks neither the event loop nor the watcher, and works again afterwards', async () => {
  const held = join(folder, 'held.db')
  const how = 'pragma locking_mode = exclusive; pragma journal_mode = wal; create table other (x)'
  const release = hold(held, how)
  const openHeld = () => openDatabase({ engine: 'sqlite', path: held }, { waits: { lock: lockMs } })
  let woken = 0
  const stop = await watchSqlite(held, () => {
    woken += 1
  })
  const turns = await countTurns(async () => expect(await getProblem(openHeld())).toBe('busy'))
  expect(turns).toBeGreaterThan(5)
  const opening = openHeld()
  release()
  await (await opening).close()
  await expect.poll(() => woken).toBeGreaterThan(0)
  await stop()
})

test('the write-ahead log is emptied as soon as readers allow it', async () => {
  const reader = new DatabaseSync(path, { readOnly: true })
  onTestFinished(() => reader.close())
  reader.exec('begin; select * from other')
  await record(database)
  const emptying = emptyLog(database.queries)
  setTimeout(() => reader.exec('rollback'), 200)
  expect(await emptying).toBe(true)
  expect(statSync(`${path}-wal`).size).toBe(0)
})

test('writers of two processes both get their turns, however busy one of them is', async () => {
  const other = await openDatabase({ engine: 'sqlite', path }, { waits: { lock: 2000 } })
  onTestFinished(() => other.close())
  let isOver = false
  const busy = (async () => {
    while (!isOver) await Promise.all([record(database), record(database)])
  })()
  for (let written = 0; written < 20; written += 1) await record(other)
  isOver = true
  await busy
})

test('a change is run again if another process has written in between', async () => {
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  const counts = await Promise.all(
    Array.from({ length: 20 }, async () => {
      other.exec('insert into other values (2)')
      return sql`insert into other select count(*) from other`.execute(database.queries)
    }),
  )
  expect(counts).toHaveLength(20)
})
