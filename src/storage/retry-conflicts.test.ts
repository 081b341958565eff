import { expect, inject, onTestFinished, test } from 'vitest'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { retryConflicts } from './retry-conflicts.ts'
import { quiet, type Tx } from './transact.ts'

test('a transaction that PostgreSQL rolls back in favor of another is run again and succeeds', async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const database = await openDatabase({ engine: 'postgres', url })
  onTestFinished(() => database.close())
  await migrate(database)
  for (const id of ['mail_a', 'mail_b']) {
    const email = { recipient: '', sender: '', subject: '', body: '', received_at: 0 }
    await database.queries
      .insertInto('mailbox')
      .values({ id, ...email })
      .execute()
  }
  let arrived = 0
  let meet = () => {}
  const met = new Promise<void>((resolve) => {
    meet = resolve
  })
  const raise = (tx: Tx, id: string) =>
    tx
      .updateTable('mailbox')
      .set((e) => ({ received_at: e('received_at', '+', 1) }))
      .where('id', '=', id)
      .execute()
  let attempts = 0
  const crosswise = (first: string, second: string, options: object) =>
    database.transaction(async (tx) => {
      attempts += 1
      await raise(tx, first)
      arrived += 1
      if (arrived === 2) meet()
      await met
      await raise(tx, second)
    }, options)
  await Promise.all([crosswise('mail_a', 'mail_b', quiet), crosswise('mail_b', 'mail_a', quiet)])
  expect(attempts).toBe(3)
  const rows = await database.queries.selectFrom('mailbox').select('received_at').execute()
  expect(rows.map((row) => Number(row.received_at))).toEqual([2, 2])
})

test('work that fails for another reason, or repeatedly, is not retried forever', async () => {
  let runs = 0
  const failing = (code: string) => () => {
    runs += 1
    return Promise.reject(Object.assign(new Error('no'), { code }))
  }
  await expect(retryConflicts(failing('23505'))).rejects.toThrow('no')
  expect(runs).toBe(1)
  await expect(retryConflicts(failing('40001'))).rejects.toThrow('no')
  expect(runs).toBe(7)
})
