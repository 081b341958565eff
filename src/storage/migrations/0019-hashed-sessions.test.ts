import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { up as foundation } from './0001-foundation.ts'
import { up as hashedSessions } from './0019-hashed-sessions.ts'

test('sessions with plaintext tokens end with the migration, and users stay', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  onTestFinished(() => database.close())
  const { queries } = database
  await foundation(queries)
  await sql`insert into users values ('usr_1', 'a@acme.example', 1, 'Ann', null, 0, 0, '', '')`.execute(
    queries,
  )
  await sql`insert into sessions values ('ses_1', 'usr_1', 'in clear', '', null, null, '', '')`.execute(
    queries,
  )
  await hashedSessions(queries as never)
  expect((await sql`select * from sessions`.execute(queries)).rows).toEqual([])
  expect((await sql`select id from users`.execute(queries)).rows).toEqual([{ id: 'usr_1' }])
  const add = (id: string) =>
    sql`insert into sessions values (${id}, 'usr_1', 'a hash', '', null, null, '', '')`.execute(queries)
  await add('ses_2')
  await expect(add('ses_3')).rejects.toThrow(/UNIQUE/)
})
