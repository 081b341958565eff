import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { prepareQuery } from './prepare-query.ts'

describeOnBothEngines('a prepared query', (store) => {
  const insert = prepareQuery((queries, values: { kind: string; subject: string; at: number }) =>
    queries
      .insertInto('changes')
      .values({ kind: values.kind, subject_id: values.subject, at: values.at })
      .returning('subject_id'),
  )
  const find = prepareQuery((queries, values: { subject: string; most: number }) =>
    queries
      .selectFrom('changes')
      .select(['subject_id', 'at'])
      .where('kind', '=', 'issuer')
      .where('subject_id', '=', values.subject)
      .orderBy('at')
      .limit(values.most),
  )

  test('takes different values at each run, and keeps the constant ones', async () => {
    const { queries } = store.database
    const [row] = await insert(queries, { kind: 'issuer', subject: 'a', at: 7 })
    expect(row).toEqual({ subject_id: 'a' })
    await insert(queries, { kind: 'issuer', subject: 'b', at: 9 })
    await insert(queries, { kind: 'certificate', subject: 'b', at: 8 })
    expect(await find(queries, { subject: 'a', most: 5 })).toEqual([{ subject_id: 'a', at: 7 }])
    expect(await find(queries, { subject: 'b', most: 5 })).toEqual([{ subject_id: 'b', at: 9 }])
    expect(await find(queries, { subject: 'b', most: 0 })).toEqual([])
  })

  test('belongs to the transaction that it runs in', async () => {
    const failing = store.database.transaction(async (tx) => {
      await insert(tx, { kind: 'issuer', subject: 'undone', at: 1 })
      expect(await find(tx, { subject: 'undone', most: 5 })).toHaveLength(1)
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(await find(store.database.queries, { subject: 'undone', most: 5 })).toEqual([])
  })
})
