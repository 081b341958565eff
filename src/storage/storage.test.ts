import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { latestVersion, readChanges, recordChange } from './change-log.ts'
import { openDatabase } from './database.ts'
import { newId } from './id.ts'
import { isMigrated, migrate } from './migrate.ts'

const run = promisify(execFile)

describeOnBothEngines('the store', (store) => {
  test('is migrated once, however often the migration is called', async () => {
    await migrate(store.database)
    expect(await isMigrated(store.database)).toBe(true)
  })

  test('returns bytes, large times and text unchanged', async () => {
    const row = {
      id: newId('issuer', 1),
      kind: 'root' as const,
      environment: null,
      parent_id: null,
      certificate_der: new Uint8Array([0, 255, 1, 128]),
      not_before: 1_700_000_000_123,
      not_after: 9_999_999_999_999,
      created_at: 0,
    }
    await store.database.queries.insertInto('issuers').values(row).execute()
    const read = await store.database.queries.selectFrom('issuers').selectAll().executeTakeFirstOrThrow()
    expect({ ...read, certificate_der: new Uint8Array(read.certificate_der) }).toEqual({
      ...row,
      crl_number: 0,
      retires_at: null,
    })
  })

  test('rolls back everything of a transaction that fails', async () => {
    const before = await latestVersion(store.database.queries)
    const failing = store.database.transaction(async (tx) => {
      await recordChange(tx, 'certificate', 'gone', 1)
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(await latestVersion(store.database.queries)).toBe(before)
  })

  test('wakes a watcher when another process has committed', async () => {
    let woken = 0
    const stop = await store.database.watch(() => woken++)
    const other = await openDatabase(store.location)
    await other.transaction((tx) => recordChange(tx, 'certificate', 'c', 1))
    await other.close()
    for (let waited = 0; woken === 0 && waited < 3000; waited += 10) await wait(10)
    await stop()
    expect(woken).toBeGreaterThan(0)
  })

  test('never lets a reader skip a change that commits late', async () => {
    const start = await latestVersion(store.database.queries)
    let writing = true
    const seen: number[] = []
    const reader = (async () => {
      for (let version = start; writing || (await latestVersion(store.database.queries)) > version; ) {
        for (const change of await readChanges(store.database.queries, version)) {
          seen.push(change.version)
          version = change.version
        }
        await wait(1)
      }
    })()
    const script = new URL('../../test/support/change-writer.ts', import.meta.url).pathname
    const location = JSON.stringify(store.location)
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => run(process.execPath, [script, location, name, '25'])),
    )
    writing = false
    await reader
    const all = await readChanges(store.database.queries, start)
    expect(all).toHaveLength(100)
    expect(seen).toEqual(all.map((change) => change.version))
  })
})

test('identifiers sort by time and are unique', () => {
  expect(newId('certificate', 1000) < newId('certificate', 2000)).toBe(true)
  expect(newId('certificate', 1_800_000_000_000)).toMatch(/^cert_[0-9a-z]{26}$/)
  expect(new Set(Array.from({ length: 1000 }, () => newId('certificate', 5))).size).toBe(1000)
})
