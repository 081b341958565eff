import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { readChanges, recordChange } from './change-log.ts'
import { type Database, openDatabase } from './database.ts'

/** Opens a store with one session and one change. */
async function open(): Promise<Database> {
  const url = await createPostgresDatabase(inject('postgresUrl'), inject('migratedStores').postgres)
  const database = await openDatabase({ engine: 'postgres', url }, { poolSize: 1 })
  onTestFinished(() => database.close())
  await database.transaction((tx) => recordChange(tx, 'certificate', 'cert_1', 1))
  return database
}

async function hear(database: Database): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = await database.watch(
    () => {},
    (hearing) => hearing === 'yes' && resolve(),
  )
  onTestFinished(stop)
  await promise
}

const keptPlans = async ({ queries }: Database): Promise<string[]> => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(
    queries,
  )
  return rows.map(({ statement }) => statement)
}
const read = async ({ queries }: Database) =>
  (await readChanges(queries, 0)).map(({ subjectId }) => subjectId)

test('PostgreSQL keeps the plans of frequent queries once sessions are known to be exclusive', async () => {
  const database = await open()
  expect(await read(database)).toEqual(['cert_1'])
  expect(await keptPlans(database)).toEqual([])
  await hear(database)
  for (const _ of [1, 2]) expect(await read(database)).toEqual(['cert_1'])
  expect(await keptPlans(database)).toEqual([expect.stringContaining('from "changes" where "version" > $1')])
})

test.each([
  ['the session has lost it', 'deallocate all'],
  ['the session is that of somebody else, who has it', 'pooler'],
  [
    'the table has changed',
    'alter table changes alter column at type integer using 1, alter column kind type varchar(50)',
  ],
])('a query is answered although %s', async (_, change) => {
  const database = await open()
  await hear(database)
  if (change !== 'pooler') {
    expect(await read(database)).toEqual(['cert_1'])
    await sql.raw(change).execute(database.queries)
  } else {
    // Under the same name, as another process prepares it.
    const other = await open()
    await hear(other)
    await read(other)
    const { rows } = await sql<{ name: string }>`select name from pg_prepared_statements`.execute(
      other.queries,
    )
    await sql.raw(`prepare ${rows[0]?.name} as select 1`).execute(database.queries)
  }
  for (const __ of [1, 2]) expect(await read(database)).toEqual(['cert_1'])
})
