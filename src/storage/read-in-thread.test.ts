import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { recordChange } from './change-log.ts'

describeOnBothEngines('a query in the reader thread', (store) => {
  test('does not block the event loop while it reads many rows', async () => {
    let turns = 0
    let isRead = false
    const turn = () => {
      turns += 1
      if (!isRead) setImmediate(turn)
    }
    setImmediate(turn)
    const { rows } = await sql<{ n: number }>`
      with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < 300000)
      select count(*) as n from numbers`.execute(store.database.aside)
    isRead = true
    expect(Number(rows[0]?.n)).toBe(300_000)
    expect(turns).toBeGreaterThan(5)
  })

  test('returns committed data, bytes included', async () => {
    await store.database.transaction((tx) => recordChange(tx, 'certificate', 'seen', 7))
    const change = store.database.aside.selectFrom('changes').select(['subject_id', 'at'])
    expect(await change.where('subject_id', '=', 'seen').execute()).toEqual([{ subject_id: 'seen', at: 7 }])
    const block = { block: 1, count: 1, keys: new Uint8Array([0, 255, 1]) }
    await store.database.queries.insertInto('seen_rsa_keys').values(block).execute()
    const read = await store.database.aside.selectFrom('seen_rsa_keys').selectAll().executeTakeFirstOrThrow()
    expect([...read.keys]).toEqual([0, 255, 1])
  })

  test('fails alone if it is invalid, and later queries work', async () => {
    const { aside, engine } = store.database
    await expect(sql`select one from nowhere`.execute(aside)).rejects.toThrow(/nowhere/)
    expect((await sql<{ one: number }>`select 1 as one`.execute(aside)).rows).toEqual([{ one: 1 }])
    if (engine === 'postgres') return
    await expect(sql`delete from changes`.execute(aside)).rejects.toThrow(/readonly/)
    await expect(aside.transaction().execute(async () => {})).rejects.toThrow('changes nothing')
  })
})
