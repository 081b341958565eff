import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { type Database, openDatabase } from './database.ts'
import { isMigrated, migrate } from './migrate.ts'

function makePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'postern.db')
}

async function open(path: string): Promise<Database> {
  const database = await openDatabase({ engine: 'sqlite', path })
  onTestFinished(() => database.close())
  return database
}

/** Migrates in a separate process that kills itself at its n-th statement. */
const migrateUntil = `
const { DatabaseSync } = await import('node:sqlite')
const prepare = DatabaseSync.prototype.prepare
let statements = 0
DatabaseSync.prototype.prepare = function (text) {
  statements += 1
  if (statements === Number(process.argv[2])) process.kill(process.pid, 'SIGKILL')
  return prepare.call(this, text)
}
const { openDatabase } = await import('${join(import.meta.dirname, 'database.ts')}')
const { migrate } = await import('${join(import.meta.dirname, 'migrate.ts')}')
await migrate(await openDatabase({ engine: 'sqlite', path: process.argv[1] }))
process.exit(0)`

test.each([15, 40, 80])(
  'a store whose migrations were killed at statement %i is migrated at the next start',
  async (n) => {
    const path = makePath()
    const { signal } = spawnSync(process.execPath, [
      '--input-type=module',
      '--eval',
      migrateUntil,
      path,
      String(n),
    ])
    expect(signal).toBe('SIGKILL')
    const database = await open(path)
    await migrate(database)
    expect(await isMigrated(database)).toBe(true)
    using file = new DatabaseSync(path, { readOnly: true })
    expect(file.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  },
)

test('foreign keys are checked again after the migrations', async () => {
  const database = await open(makePath())
  await migrate(database)
  const orphan = sql`insert into credential_secrets (id, credential_id, secret_sha256, hint, created_at)
    values ('sec_1', 'cred_none', 'aa', 'aa', 1)`
  await expect(orphan.execute(database.queries)).rejects.toThrow(/FOREIGN/)
})

test('incomplete tables of an older release are created again if they are empty', async () => {
  const database = await open(makePath())
  await sql`create table organizations (id text primary key)`.execute(database.queries)
  await migrate(database)
  expect(await isMigrated(database)).toBe(true)
})

test('incomplete tables of an older release are kept and named if they contain data', async () => {
  const database = await open(makePath())
  await sql`create table organizations (id text primary key)`.execute(database.queries)
  await sql`insert into organizations values ('org_1')`.execute(database.queries)
  await expect(migrate(database)).rejects.toThrow(
    /^An older release of Postern was cut off .*0001-foundation: .*organizations.* already exists.* Restore the store/,
  )
  expect((await sql`select * from organizations`.execute(database.queries)).rows).toEqual([{ id: 'org_1' }])
})

describeOnBothEngines('a store', (store) => {
  test('of a newer release is rejected by the migration', async () => {
    const { database } = store
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01T00:00:00Z')`.execute(
      database.queries,
    )
    await expect(migrate(database)).rejects.toThrow(/written by a newer release of Postern \(9999-later\)/)
    await sql`delete from kysely_migration where name = '9999-later'`.execute(database.queries)
  })
})
