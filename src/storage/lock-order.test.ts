import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import { recordChange } from './change-log.ts'
import { actFor } from './fair-queue.ts'
import { locks, takeLock } from './lock-order.ts'
import { quiet } from './transact.ts'

describeOnBothEngines('store locks', (store) => {
  const entry = { actor: systemActor('test'), action: 'test.done', organizationId: null }
  const subject = { subjectKind: 'test', subjectId: 'test' }

  test('keep a transaction that did not begin with the record lock from recording anything', async () => {
    const { database } = store
    const audits = database.transaction((tx) => recordAudit(tx, { ...entry, ...subject }, 1), quiet)
    await expect(audits).rejects.toThrow('has to begin with the record lock')
    const changes = database.transaction((tx) => recordChange(tx, 'certificate', 'c', 1), quiet)
    await expect(changes).rejects.toThrow('has to begin with the record lock')
    await database.transaction((tx) => recordAudit(tx, { ...entry, ...subject }, 1))
    // A lock of one transaction is not held by the next, even if they share a commit.
    const both = await Promise.allSettled([
      database.transaction((tx) => recordChange(tx, 'certificate', 'c', 1)),
      database.transaction((tx) => recordChange(tx, 'certificate', 'c', 1), quiet),
    ])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('can be taken in one order only', async () => {
    const inOrder = store.database.transaction(async (tx) => {
      await takeLock(tx, locks.authority)
      await takeLock(tx, locks.activity)
      await takeLock(tx, locks.authority)
      return 'done'
    }, quiet)
    expect(await inOrder).toBe('done')
    const crosswise = store.database.transaction(async (tx) => {
      await takeLock(tx, locks.activity)
      await takeLock(tx, locks.authority)
    }, quiet)
    await expect(crosswise).rejects.toThrow('in the order of their numbers')
  })

  test('allow changes while keys are created, however long that takes, until the keys are recorded', async () => {
    const { database } = store
    const order: string[] = []
    const change = () =>
      database.transaction(async (tx) => {
        await recordChange(tx, 'certificate', 'other', 1)
        order.push('other')
      })
    const making = database.transaction(
      async (tx) => {
        await takeLock(tx, locks.makeKeys)
        // SQLite has one writer, and one portal.
        if (database.engine === 'postgres') await change()
        await takeLock(tx, locks.record)
        await recordChange(tx, 'issuer', 'made', 1)
        order.push('made')
      },
      { records: false, once: true },
    )
    await making
    await change()
    expect(order).toEqual(database.engine === 'postgres' ? ['other', 'made', 'other'] : ['made', 'other'])
  })

  test('are not delayed by the backlog of another organization', async () => {
    const done: string[] = []
    const change = (who: string, name: string) =>
      actFor(who, () =>
        store.database.transaction(async (tx) => {
          await recordChange(tx, 'certificate', name, 1)
          done.push(name)
          // Longer than transactions on SQLite share a commit.
          await new Promise((resolve) => setTimeout(resolve, 15))
        }),
      )
    const backlog = Array.from({ length: 20 }, (_, made) => change('org_a', `a${made}`))
    await Promise.all([...backlog, change('org_b', 'b'), change('org_c', 'c')])
    expect(done).toHaveLength(22)
    // First the running ones, then one of each.
    expect(done.indexOf('b')).toBeLessThan(6)
    expect(done.indexOf('c')).toBeLessThan(6)
  })
})
