import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openPostgresSource } from '../../src/backup/postgres-source-store.ts'
import { isBeingPlaced, replaceSqlite } from '../../src/backup/replace-sqlite-store.ts'
import {
  type Ending,
  findUnfinished,
  finishRestore,
  markLoaded,
  moveToPostgres,
} from '../../src/backup/restore-store.ts'
import { copySqlite, openSqliteSource } from '../../src/backup/sqlite-source-store.ts'
import { digestTables } from '../../src/backup/table-lines.ts'
import { readBack } from '../../src/backup/write-backup.ts'
import { findUnprepared } from '../../src/gateway/registry/prepared-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { openIssuerKey } from '../../src/signer/issuer-key-store.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { listEpochs } from '../../src/storage/store-epoch.ts'
import { assertReleased, assertRestored } from '../../src/storage/store-hold.ts'
import { type BackupKeys, backUp, makeBackupKeys, readAuthorityKey } from '../support/backups.ts'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const actor = systemActor('restore')
const environments = [{ name: 'production' }, { name: 'staging' }]

describeOnBothEngines('a restored store', (store) => {
  let harness: GatewayHarness
  let keys: BackupKeys
  let file: string
  /** A SQLite store with the rows of the backup. */
  let filled: string
  beforeAll(async () => {
    harness = await openGatewayHarness({ location: store.location, gateways: 0 })
    keys = await makeBackupKeys()
    file = join(harness.folder, 'a.backup')
    const { id } = await harness.issue()
    await harness.database.queries
      .insertInto('retirement_plans')
      .values({
        ...{ certificate_id: id, mode: 'when_safe', retire_at: null, held_since: null },
        ...{ updated_at: 1, updated_by: 'x', updated_by_ref: '{}' },
      })
      .execute()
    await harness.revoke(id)
    const check = {
      ...{ issuer_id: 'iss_a', organization_id: 'org_a', kind: 'crl' as const, host: 'ca.test', urls: '[]' },
      ...{ issuer: 'CN=A', issuer_der: new Uint8Array([1]), serial_number: null, is_of_authorities: 0 },
      ...{ created_at: 1, asked_at: 61_234 },
    }
    const far = Date.now() + 900 * 86_400_000
    await harness.database.queries
      .insertInto('external_checks')
      .values([
        { ...check, id: 'far', next_at: far },
        { ...check, id: 'never-asked', next_at: far, asked_at: null },
        { ...check, id: 'due', next_at: 1 },
        { ...check, id: 'stands-by', next_at: null },
      ])
      .execute()
    await harness.createCredential()
    await backUp(store.location, { dataFolder: harness.folder, file, recipient: keys.recipient })
    filled = join(harness.folder, 'filled')
    const { path } = await readBack(file, [keys.identity], { folder: harness.folder, keys: undefined })
    await copySqlite(path, filled)
  })
  afterAll(() => harness[Symbol.asyncDispose]())

  const digestsOf = async (location: StorageLocation) => {
    const source =
      location.engine === 'sqlite' ? openSqliteSource(location.path) : await openPostgresSource(location.url)
    try {
      return await digestTables(source)
    } finally {
      await source.close()
    }
  }
  /** Puts the backup into a new place of the engine, as `postern restore` does. */
  const restore = async (ending: Ending): Promise<StorageLocation> => {
    const path = join(harness.folder, `restored-${ending.kind}.db`)
    copyFileSync(filled, path)
    const details = { takenAt: 1, sha256: 'a', actor, now: Date.now() }
    await markLoaded(path, details)
    if (store.location.engine === 'sqlite') {
      await finishRestore({ engine: 'sqlite', path }, details, ending)
      return { engine: 'sqlite', path }
    }
    const location = { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl')) } as const
    await moveToPostgres(path, location.url)
    expect(await findUnfinished(location)).toMatchObject({ state: 'loaded', sha256: 'a' })
    const loaded = await openDatabase(location)
    await expect(assertRestored(loaded.queries)).rejects.toMatchObject({ code: 'storage_unavailable' })
    await loaded.close()
    await finishRestore(location, details, ending)
    return location
  }

  test('has every row of the store that was backed up, on either engine', async () => {
    const expected = await digestsOf({ engine: 'sqlite', path: filled })
    expect(Object.values(expected).filter(({ rows }) => rows > 0).length).toBeGreaterThan(12)
    const url = await createPostgresDatabase(inject('postgresUrl'))
    await moveToPostgres(filled, url)
    expect(await digestsOf({ engine: 'postgres', url })).toEqual(expected)
    await expect(moveToPostgres(filled, url)).rejects.toMatchObject({ code: 'conflict' })
    expect(await digestsOf({ engine: 'postgres', url })).toEqual(expected)

    const moved = await openDatabase({ engine: 'postgres', url })
    const newest = await moved.queries
      .selectFrom('changes')
      .select('version')
      .orderBy('version', 'desc')
      .execute()
    const next = await moved.transaction((tx) => recordChange(tx, 'registration', 'reg_next', 1))
    expect(next).toBe((newest[0]?.version ?? 0) + 1)
    await expect(
      moved.queries
        .insertInto('members')
        .values({
          ...{ id: 'mem_x', organization_id: 'org_none', user_id: 'usr_none' },
          ...{ role: 'admin', created_at: 1 },
        })
        .execute(),
    ).rejects.toMatchObject({ code: '23503' })
    await moved.close()
  })

  test('signs nothing and starts no gateway while it is held, and does when it is released', async () => {
    const location = await restore({ kind: 'journal', entries: [], isWhole: false, last: 0 })
    const authorityKey = readAuthorityKey(harness.folder)
    const database = await openDatabase(location)
    const issuers = await database.queries.selectFrom('issuers').select(['id', 'crl_number']).execute()
    const open = () =>
      Promise.all(issuers.map(({ id }) => openIssuerKey(database.queries, { authorityKey }, id)))
    await expect(open()).rejects.toMatchObject({ code: 'issuer_unavailable' })
    await expect(assertReleased(database.queries)).rejects.toThrow('postern restore --without-journal')
    expect(await findUnprepared(database, environments)).toContain('postern restore')
    // It may have been taken back since the backup.
    expect(await database.queries.selectFrom('retirement_plans').selectAll().execute()).toEqual([])
    const restored = await database.queries
      .selectFrom('audit')
      .select('after')
      .where('action', '=', 'store.restored')
      .executeTakeFirstOrThrow()
    expect(JSON.parse(restored.after ?? '')).toMatchObject({ retirements: 1 })
    expect(await database.queries.selectFrom('sessions').select('id').execute()).toEqual([])
    const checks = await database.queries.selectFrom('external_checks').select(['id', 'next_at']).execute()
    const nextAt = Object.fromEntries(checks.map(({ id, next_at: at }) => [id, at]))
    expect(nextAt).toMatchObject({ due: 1, 'stands-by': null })
    // 1.234 seconds into the minute that is enough for so few.
    expect((nextAt.far ?? 0) - (nextAt['never-asked'] ?? 0)).toBe(1234)
    expect(nextAt['never-asked']).toBeLessThanOrEqual(Date.now())

    const now = Date.now()
    await finishRestore(location, { actor, now }, { kind: 'without-journal', entries: [], last: 0 })
    // Somebody else may have one that was ended since the backup.
    const ends = await database.queries.selectFrom('signing_keys').select('accepted_until').execute()
    expect(ends).not.toEqual([])
    expect(ends.every(({ accepted_until: end }) => end !== null && end < now - 299_000)).toBe(true)
    expect(await open()).toHaveLength(3)
    expect(await findUnprepared(database, environments)).toBeUndefined()
    const after = await database.queries.selectFrom('issuers').select('crl_number').execute()
    expect(after.every(({ crl_number: number }) => number > now + 29 * 86_400_000)).toBe(true)
    const causes = (await listEpochs(database.queries)).map(({ cause }) => cause)
    expect(causes).toEqual(['restore', 'restore', 'first-start'])
    expect(await findUnfinished(location)).toBeUndefined()
    await database.close()
  })
})

test('a SQLite store that cannot be read is kept aside, and a new one is put in place at once', async () => {
  const harness = await openGatewayHarness({ gateways: 0 })
  const copy = join(harness.folder, 'copy')
  await copySqlite(join(harness.folder, 'postern.db'), copy)
  const broken = join(harness.folder, 'broken.db')
  writeFileSync(broken, 'this is no database, by its first page '.repeat(200))
  writeFileSync(`${broken}-wal`, 'a log of it')
  const aside = await replaceSqlite(copy, broken)
  expect(readFileSync(aside ?? '', 'utf8')).toContain('no database')
  expect(existsSync(`${broken}-wal`)).toBe(false)
  expect(isBeingPlaced(broken)).toBe(false)
  const database = await openDatabase({ engine: 'sqlite', path: broken })
  expect(await database.queries.selectFrom('issuers').select('id').execute()).toHaveLength(3)
  await database.close()
  rmSync(broken)
  await harness[Symbol.asyncDispose]()
})
