import { sql } from 'kysely'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { openDatabase } from './database.ts'

test('a PostgreSQL connection that breaks during a query fails that query only', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  const database = await openDatabase({ engine: 'postgres', url: inject('postgresUrl') })
  onTestFinished(async () => {
    await database.close()
    await client.end()
  })
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown) => uncaught.push(error)
  process.on('uncaughtException', onUncaught)
  onTestFinished(() => void process.off('uncaughtException', onUncaught))

  const broken = database.transaction(async (tx) => {
    const { rows } = await sql<{ id: number }>`select pg_backend_pid() as id`.execute(tx)
    await client.query('select pg_terminate_backend($1)', [rows[0]?.id])
    await sql`select pg_sleep(5)`.execute(tx)
  })
  await expect(broken).rejects.toThrow()
  const { rows } = await sql<{ one: number }>`select 1 as one`.execute(database.queries)
  expect(rows).toEqual([{ one: 1 }])
  expect(uncaught).toEqual([])
})
