import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { ensureEpoch } from '../storage/store-epoch.ts'
import { createBackupStore } from './backup-store.ts'
import { describeLate, findLateBackups } from './find-late-backups.ts'

const ages = { maxAgeMs: 100, drillMs: 1000 }

describeWithFreshStores('backups that are late', (store) => {
  test('are counted from the first use of the store, then from the last of their kind', async () => {
    const backups = createBackupStore(store.database)
    const lateAt = async (now: number) => findLateBackups(await backups.findState(), ages, now)
    expect(await lateAt(1_000_000)).toEqual([])
    await ensureEpoch(store.database, 'test', 5000)
    expect(await lateAt(5100)).toEqual([])
    expect(await lateAt(5101)).toEqual([{ kind: 'backup', since: 5000, isFirst: true }])
    const made = { takenAt: 5190, sha256: 'ab', octets: 1 }
    for (const finishedAt of [5200, 5150])
      await backups.record({ ...made, kind: 'backup', finishedAt }, systemActor('backup'))
    expect(await lateAt(5300)).toEqual([])
    expect(await lateAt(6001)).toEqual([
      { kind: 'backup', since: 5200, isFirst: false },
      { kind: 'drill', since: 5000, isFirst: true },
    ])
    await backups.record({ ...made, kind: 'drill', finishedAt: 6001 }, systemActor('drill'))
    expect((await lateAt(6002)).map(({ kind }) => kind)).toEqual(['backup'])
    const audit = await store.database.queries.selectFrom('audit').select('action').execute()
    expect(audit.map(({ action }) => action)).toContain('store.restore_practised')
  })
})

test('a late backup is told with the time of the last one and the command', () => {
  const since = Date.UTC(2026, 10, 1)
  const told = [true, false].flatMap((isFirst) =>
    (['backup', 'drill'] as const).map((kind) => describeLate({ kind, since, isFirst })),
  )
  expect(new Set(told).size).toBe(4)
  for (const sentence of told) expect(sentence).toMatch(/2026-11-01.*Run postern (?:backup|drill)/)
})
