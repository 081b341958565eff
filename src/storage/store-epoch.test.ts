import { beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { insertOwner } from '../../test/support/usage-batches.ts'
import { findChanges, latestPosition, recordChange } from './change-log.ts'
import { findClockProblem } from './find-clock-problem.ts'
import { beginEpoch, ensureEpoch, enterEpoch, listEpochs } from './store-epoch.ts'

describeOnBothEngines('the epoch of a store', (store) => {
  const now = Date.UTC(2027, 0, 1)
  const causes = async () => (await listEpochs(store.database.queries)).map(({ cause }) => cause)
  beforeEach(async () => {
    const { queries } = store.database
    for (const table of ['lost_endings', 'store_epochs', 'changes', 'organizations', 'audit'] as const)
      await queries.deleteFrom(table).execute()
    await insertOwner(queries, 'acme', [])
  })
  const change = (at = now) =>
    store.database.transaction(async (tx) => void (await recordChange(tx, 'certificate', 'c', at)))
  const nextNumber = async () =>
    (await store.database.queries.selectFrom('organizations').selectAll().executeTakeFirstOrThrow())
      .next_certificate_number

  test('begins once, and again with a restore, which assigns no certificate number twice', async () => {
    await ensureEpoch(store.database, 'a', now)
    await ensureEpoch(store.database, 'b', now)
    expect(await causes()).toEqual(['first-start'])
    expect(await nextNumber()).toBe(1)
    await store.database.transaction((tx) => beginEpoch(tx, { cause: 'restore', noticedBy: 'restore' }, now))
    const first = await nextNumber()
    // The same copy is restored again, without the numbers assigned since.
    await store.database.queries.updateTable('organizations').set({ next_certificate_number: 1 }).execute()
    await store.database.transaction((tx) =>
      beginEpoch(tx, { cause: 'restore', noticedBy: 'restore' }, now + 60_000),
    )
    expect(await nextNumber()).toBe(first + 60)
    await store.database.transaction((tx) => beginEpoch(tx, { cause: 'restore', noticedBy: 'restore' }, now))
    expect(await nextNumber()).toBe(first + 60 + 1000)
    expect(await causes()).toEqual(['restore', 'restore', 'restore', 'first-start'])
  })

  test('is begun by one of many processes that detect a restore, and begun again when an older epoch is restored', async () => {
    await ensureEpoch(store.database, 'portal', now)
    const [first] = await listEpochs(store.database.queries)
    const known = [first?.id ?? '']
    const ids = await Promise.all(
      ['a', 'b', 'c'].map((noticedBy) => enterEpoch(store.database, { known, noticedBy }, now)),
    )
    expect(new Set(ids).size).toBe(1)
    expect(await causes()).toEqual(['went-back', 'first-start'])
    // The older copy is restored once more: its epoch is known to the processes.
    await store.database.queries
      .deleteFrom('store_epochs')
      .where('id', '=', ids[0] ?? '')
      .execute()
    const again = await enterEpoch(store.database, { known: [...known, ids[0] ?? ''], noticedBy: 'a' }, now)
    expect(ids).not.toContain(again)
  })

  test('is checked by positions in the change log: another change, a version above the latest, or a missing one', async () => {
    const { queries } = store.database
    await change()
    await change()
    const place = await latestPosition(queries)
    const before = { version: place.version - 1, mark: 'another' }
    expect(await findChanges(queries, place)).toEqual([])
    expect(await findChanges(queries, before)).toBe('other-log')
    expect(await findChanges(queries, { ...place, version: place.version + 1 })).toBe('other-log')
    await change()
    await queries.deleteFrom('changes').where('version', '=', place.version).execute()
    expect(await findChanges(queries, place)).toBe('other-log')
    // Changes are deleted from the oldest on.
    await queries.deleteFrom('changes').where('version', '<', place.version).execute()
    expect(await findChanges(queries, place)).toBe('forgotten')
    await queries.deleteFrom('changes').execute()
    expect(await findChanges(queries, place)).toBe('other-log')
  })

  test('has a wrong clock reported in one sentence', async () => {
    const { queries } = store.database
    const present = Date.now()
    const hour = 3_600_000
    expect(await findClockProblem(queries, present)).toBeUndefined()
    expect(await findClockProblem(queries, present + 5 * hour)).toMatch(
      /is 5 hours ahead of that of the store/,
    )
    expect(await findClockProblem(queries, present - 72 * hour)).toMatch(/is 3 days behind that of the store/)
    await change(present + 400 * 24 * hour)
    await change(present)
    expect(await findClockProblem(queries, present)).toMatch(/older than the newest record .* 400 days later/)
  })
})
