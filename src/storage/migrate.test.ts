import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { type Database, openDatabase } from './database.ts'
import { isMigrated, listMigrations, migrate, migrateTo } from './migrate.ts'

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

const oldest = readFileSync(join(import.meta.dirname, '../../test/storage/oldest-store.sql'), 'utf8')

test('the store of the oldest release is brought to the tables of a new one, with its rows', async () => {
  const [old, fresh] = [makePath(), makePath()]
  using dump = new DatabaseSync(old)
  dump.exec(oldest)
  for (const path of [old, fresh]) await migrate(await open(path))
  const [columns, expected] = [old, fresh].map((path) => {
    using file = new DatabaseSync(path, { readOnly: true })
    return file
      .prepare(
        `select m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" as it from sqlite_master m
         join pragma_table_info(m.name) c where m.type = 'table' order by it`,
      )
      .all()
  })
  expect(columns).toEqual(expected)
  using file = new DatabaseSync(old, { readOnly: true })
  expect(file.prepare('pragma foreign_key_check').all()).toEqual([])
  expect(file.prepare('select legal_name as name from organizations').all()).toEqual([
    { name: 'Łódź Płatności S.A.' },
  ])
  for (const table of ['users', 'members', 'certificates', 'credentials', 'credential_secrets'])
    expect([table, file.prepare(`select count(*) as n from ${table}`).get()]).toEqual([table, { n: 1 }])
})

/** Writes what a release of later has left. */
async function noteLater({ queries }: Database, name: string, needs?: string): Promise<void> {
  await sql`insert into kysely_migration (name, timestamp) values (${name}, '2030-01-01T00:00:00Z')`.execute(
    queries,
  )
  if (needs !== undefined) await queries.insertInto('migration_needs').values({ name, needs }).execute()
}

describeWithFreshStores('a store of a newer release', (store) => {
  test('is left as it is and used if the newer one has only added to it', async () => {
    const { database } = store
    await noteLater(database, '9998-addition', '0059-older-releases')
    await migrate(database)
    expect(await isMigrated(database)).toBe(true)
    await noteLater(database, '9999-next', '9998-addition')
    const refusal = /written by a newer release of Postern \(9999-next\), .* a downgrade is rejected/
    await expect(migrate(database)).rejects.toThrow(refusal)
    await expect(isMigrated(database)).rejects.toThrow(refusal)
  })

  test('is refused if that does not say what it needs', async () => {
    await noteLater(store.database, '9999-later')
    await expect(migrate(store.database)).rejects.toThrow(
      /written by a newer release of Postern \(9999-later\)/,
    )
  })

  test('on PostgreSQL: a migration that waits for a table lets others use it', async () => {
    if (store.database.engine !== 'postgres') return
    const url = await createPostgresDatabase(inject('postgresUrl'))
    const database = await openDatabase({ engine: 'postgres', url })
    onTestFinished(() => database.close())
    // As before 0055, which changes the sessions.
    const names = listMigrations().map(({ name }) => name)
    await migrateTo(
      database,
      names.filter((name) => name < '0055'),
    )
    const { held, release } = holdTable(database)
    await held
    const migrated = migrate(database)
    await untilWaitedFor(database)
    // It would wait behind the migration, and the migration behind the transaction.
    expect((await sql`select id from sessions`.execute(database.aside)).rows).toEqual([])
    release()
    await migrated
    expect(await isMigrated(database)).toBe(true)
  })
})

/** Opens a transaction that has read the table of sessions, and ends it on demand. */
function holdTable({ queries }: Database) {
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  void queries.transaction().execute(async (tx) => {
    await sql`select id from sessions`.execute(tx)
    held.resolve()
    await released.promise
  })
  return { held: held.promise, release: released.resolve }
}

async function untilWaitedFor({ queries }: Database): Promise<void> {
  const waiting = sql`select 1 from pg_locks where not granted and relation = 'sessions'::regclass`
  while ((await waiting.execute(queries)).rows.length === 0) await wait(5)
}
