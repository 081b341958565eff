import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from './database.ts'
import { listMigrations, migrateTo } from './migrate.ts'

const oldest = readFileSync(join(import.meta.dirname, '../../test/storage/oldest-store.sql'), 'utf8')
/** What the migrations themselves keep. */
const own = ['kysely_migration', 'kysely_migration_lock', 'migration_needs']

function makeStore(): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-additions-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'postern.db')
  using file = new DatabaseSync(path)
  file.exec(oldest)
  return path
}

async function bringTo(path: string, names: readonly string[]): Promise<void> {
  const database = await openDatabase({ engine: 'sqlite', path })
  await migrateTo(database, names)
  await database.close()
}

interface Column {
  name: string
  type: string
  notnull: number
  dflt_value: string | null
  pk: number
}
interface Trigger {
  name: string
  sql: string
}
interface Table {
  columns: Column[]
  references: unknown[]
  uniques: string[]
  triggers: Trigger[]
  rows: Record<string, unknown>[]
}

/** What an older release meets in a store: its tables, what these demand of new rows, and the rows themselves. */
function readStore(path: string): Map<string, Table> {
  using file = new DatabaseSync(path, { readOnly: true })
  const all = (text: string) => file.prepare(text).all() as Record<string, unknown>[]
  const names = all("select name from sqlite_master where type = 'table'").map(({ name }) => String(name))
  return new Map(
    names
      .filter((name) => !own.includes(name) && !name.startsWith('sqlite_'))
      .map((name) => [
        name,
        {
          columns: all(`pragma table_info("${name}")`).map(
            ({ cid: _, ...rest }) => rest as unknown as Column,
          ),
          references: all(`pragma foreign_key_list("${name}")`).map(({ id: _, ...rest }) => rest),
          uniques: all(`pragma index_list("${name}")`)
            .filter(({ unique }) => unique === 1)
            .map(({ name: index }) =>
              all(`pragma index_info("${index}")`)
                .map((part) => part.name)
                .join(),
            )
            .toSorted(),
          triggers: all(
            `select name, sql from sqlite_master where type = 'trigger' and tbl_name = '${name}' order by name`,
          ) as unknown as Trigger[],
          rows: all(`select * from "${name}"`),
        },
      ]),
  )
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** Whether all triggers are as they were, and new ones write into new tables alone. */
function keepsTriggers(old: Table, table: Table, before: ReadonlyMap<string, Table>): boolean {
  const known = new Set(old.triggers.map(({ name }) => name))
  const kept = table.triggers.filter(({ name }) => known.has(name))
  const added = table.triggers.filter(({ name }) => !known.has(name))
  const written = added.flatMap(({ sql }) => [
    ...sql
      .slice(sql.search(/\bbegin\b/i))
      .matchAll(/(?:\binto|\bupdate(?: or \w+)?|\bdelete from)\s+"?(\w+)/gi),
  ])
  return isSame(kept, old.triggers) && written.every(([, name = '']) => !before.has(name))
}

/** Returns what an older release would misread, or could no longer write. */
function findChanges(before: ReadonlyMap<string, Table>, after: ReadonlyMap<string, Table>): string[] {
  return [...before].flatMap(([name, old]) => {
    const table = after.get(name)
    if (table === undefined) return [`${name} is gone`]
    const known = new Set(old.columns.map((column) => column.name))
    const kept = table.columns.filter((column) => known.has(column.name))
    const demanded = table.columns.filter(
      (column) => !known.has(column.name) && column.notnull === 1 && column.dflt_value === null,
    )
    const rows = table.rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([key]) => known.has(key))),
    )
    return [
      ...(isSame(kept, old.columns) ? [] : [`columns of ${name}`]),
      ...demanded.map((column) => `${name}.${column.name} is demanded`),
      ...(keepsTriggers(old, table, before) ? [] : [`triggers of ${name}`]),
      ...(['references', 'uniques'] as const).flatMap((what) =>
        isSame(table[what], old[what]) ? [] : [`${what} of ${name}`],
      ),
      ...(isSame(rows, old.rows) ? [] : [`rows of ${name}`]),
    ]
  })
}

const names = listMigrations().map(({ name }) => name)
const additions = listMigrations().filter(({ needs }) => needs !== undefined)

test.each(additions)('$name, which older releases are to run on, only adds', async ({ name, needs }) => {
  expect(names).toContain(needs)
  const path = makeStore()
  await bringTo(path, names.slice(0, names.indexOf(name)))
  const before = readStore(path)
  await bringTo(path, names.slice(0, names.indexOf(name) + 1))
  expect(before.get('organizations')?.rows).toHaveLength(1)
  expect(findChanges(before, readStore(path))).toEqual([])
})

test('there is such a migration', () => {
  expect(additions.length).toBeGreaterThan(0)
})

test.each([
  ['alter table organizations rename column country to land', 'columns of organizations'],
  ['alter table certificates drop column description', 'columns of certificates'],
  ['create unique index one on members (role)', 'uniques of members'],
  ["update organizations set country = 'GB'", 'rows of organizations'],
  ['delete from credential_secrets', 'rows of credential_secrets'],
  ['drop table credential_secrets', 'credential_secrets is gone'],
  ['create trigger late after insert on users begin delete from sessions; end', 'triggers of users'],
])('%s is no addition', async (statement, found) => {
  const path = makeStore()
  await bringTo(path, names.slice(0, 1))
  const before = readStore(path)
  using file = new DatabaseSync(path)
  file.exec('pragma foreign_keys = off')
  file.exec(statement)
  expect(findChanges(before, readStore(path))).toContain(found)
})

test('a new column that may be empty is an addition, and one that must be given is not', async () => {
  const path = makeStore()
  await bringTo(path, names.slice(0, 1))
  const before = readStore(path)
  using file = new DatabaseSync(path)
  file.exec(
    'alter table users add column nickname text; alter table users add column level integer not null default 1',
  )
  expect(findChanges(before, readStore(path))).toEqual([])
  file.exec('create table other (id text primary key, must text not null)')
  const added = new Map([...readStore(path)].map(([name, table]) => [name, structuredClone(table)]))
  added.get('users')?.columns.push({ name: 'must', type: 'text', notnull: 1, dflt_value: null, pk: 0 })
  expect(findChanges(before, added)).toEqual(['users.must is demanded'])
})
