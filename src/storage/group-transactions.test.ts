import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { recordChange } from './change-log.ts'
import type { Queries, Tx } from './database.ts'

describeOnBothEngines('concurrent transactions', (store) => {
  const write = (tx: Tx, subject: string) => recordChange(tx, 'certificate', subject, 1)
  const read = async (queries: Queries, subjects: string[]) => {
    const rows = await queries
      .selectFrom('changes')
      .select('subject_id')
      .where('subject_id', 'in', subjects)
      .orderBy('version')
      .execute()
    return rows.map((row) => row.subject_id)
  }

  test('succeed or fail completely, each independently', async () => {
    const outcomes = await Promise.allSettled([
      store.database.transaction((tx) => write(tx, 'first')),
      store.database.transaction(async (tx) => {
        await write(tx, 'second')
        throw new Error('stop')
      }),
      store.database.transaction((tx) => write(tx, 'third')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await read(store.database.queries, ['first', 'second', 'third'])).toSorted()).toEqual([
      'first',
      'third',
    ])
  })

  test('lose no update when two read before they write', async () => {
    const count = async (tx: Tx) => {
      // Held until commit on both engines, as for every change.
      await write(tx, 'counted')
      return (await read(tx, ['counted'])).length
    }
    const counts = await Promise.all(Array.from({ length: 20 }, () => store.database.transaction(count)))
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  test('hide uncommitted data, and do not block readers', async () => {
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const writing = store.database.transaction(async (tx) => {
      await write(tx, 'held')
      await finished
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await read(store.database.queries, ['held'])).toEqual([])
    finish()
    await writing
    expect(await read(store.database.queries, ['held'])).toEqual(['held'])
  })

  test('are not affected by one that fails before it begins', async () => {
    const refused = store.database.transaction(() => Promise.reject(new Error('at once')))
    await expect(refused).rejects.toThrow('at once')
    await store.database.transaction((tx) => write(tx, 'after'))
    expect(await read(store.database.queries, ['after'])).toEqual(['after'])
  })

  test('share a commit on SQLite', async () => {
    if (store.database.engine !== 'sqlite') return
    const seen: string[][] = []
    const work = (subject: string) =>
      store.database.transaction(async (tx) => {
        await write(tx, subject)
        seen.push([
          ...(await read(tx, ['one', 'two'])),
          'and',
          ...(await read(store.database.queries, ['one', 'two'])),
        ])
      })
    await Promise.all([work('one'), work('two')])
    // The second sees the uncommitted change of the first, which no other reader sees yet.
    expect(seen).toEqual([
      ['one', 'and'],
      ['one', 'two', 'and'],
    ])
  })
})
