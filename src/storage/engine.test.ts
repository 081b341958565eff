import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { expect, inject, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openDatabase } from './database.ts'
import { describeFault } from './describe-store-problem.ts'
import { findStoreFault, findStoreProblem, isStoreUnavailable } from './engine.ts'

const errorOf = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('a SQLite file that another process locks is unavailable, and an invalid statement is an error of its own', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-busy-')), 'store.db')
  const [holder, other] = [new DatabaseSync(path), new DatabaseSync(path, { timeout: 0 })]
  holder.exec('create table t (a); begin exclusive')
  const busy = errorOf(() => other.exec('begin immediate'))
  expect(isStoreUnavailable(busy)).toBe(true)
  expect(isStoreUnavailable(new Error('the query failed', { cause: busy }))).toBe(true)
  holder.exec('rollback')
  expect(isStoreUnavailable(errorOf(() => other.exec('nonsense')))).toBe(false)
  holder.close()
  other.close()
})

test.each([
  ['full', 'pragma max_page_count = 2', 'insert into t values (zeroblob(100000))'],
  ['read-only', 'pragma query_only = on', 'insert into t values (1)'],
])('SQLite that is %s reports it, and works again afterwards', (trouble, limit, statement) => {
  const file = new DatabaseSync(join(mkdtempSync(join(tmpdir(), 'postern-trouble-')), 'store.db'))
  file.exec('create table t (a)')
  file.exec(limit)
  expect(findStoreProblem(errorOf(() => file.exec(statement)))).toBe(trouble)
  file.exec('pragma max_page_count = 1000000; pragma query_only = off')
  file.exec(statement)
  file.close()
})

test.each([
  [3, 'ungranted'],
  [5 | (2 << 8), 'busy'],
  [6 | (1 << 8), 'busy'],
  [7, 'exhausted'],
  [8 | (4 << 8), 'read-only'],
  [9, 'busy'],
  [10 | (3 << 8), 'failing'],
  [11 | (1 << 8), 'damaged'],
  [13, 'full'],
  [14 | (1 << 8), 'unreachable'],
  [15, 'busy'],
  [23, 'ungranted'],
  [24, 'damaged'],
  [26, 'damaged'],
  [1, undefined],
  [19 | (8 << 8), undefined],
  [21, undefined],
])('the SQLite result code %i means %s', (errcode, trouble) => {
  expect(findStoreProblem(Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode }))).toBe(trouble)
})

test.each([
  ['08006', 'unreachable'],
  ['08P01', 'unreachable'],
  ['57P03', 'starting'],
  ['57P04', 'missing'],
  ['3F000', 'ungranted'],
  ['28P01', 'refused'],
  ['CERT_HAS_EXPIRED', 'untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'untrusted'],
  ['EMFILE', 'exhausted'],
  ['ENOENT', undefined],
])('the error code %s means %s', (code, trouble) => {
  expect(findStoreProblem(Object.assign(new Error('x'), { code }))).toBe(trouble)
})

test('a SQLite file that cannot be opened is reported as unreachable, with its name', () => {
  const error = errorOf(() => new DatabaseSync(join(tmpdir(), 'there-is-none', 'store.db')))
  const fault = findStoreFault(error)
  expect(fault?.trouble).toBe('unreachable')
  const place = { engine: 'sqlite', at: '/data/postern.db', database: '', role: '' } as const
  expect(fault && describeFault(fault, place)).toBe(
    "The database file /data/postern.db cannot be opened. Check that its folder exists and that Postern's user may read and write it. (SQLITE_14: unable to open database file)",
  )
})

describeOnBothEngines('an unavailable store', (store) => {
  test('is classified by the code of the engine itself', async () => {
    const { database } = store
    if (database.engine === 'sqlite') {
      await sql.raw('pragma query_only = on').execute(database.queries)
      const written = database.transaction((tx) => sql.raw('delete from jobs').execute(tx))
      expect(findStoreProblem(await written.catch((error) => error))).toBe('read-only')
      await sql.raw('pragma query_only = off').execute(database.queries)
    } else {
      for (const [state, trouble] of [
        ['53100', 'full'],
        ['53200', 'exhausted'],
        ['53300', 'exhausted'],
        ['53400', 'exhausted'],
        ['54000', 'exhausted'],
        ['54001', 'exhausted'],
        ['57P01', 'starting'],
        ['57P05', 'unreachable'],
        ['57014', 'busy'],
        ['58030', 'failing'],
        ['58P01', 'failing'],
        ['40001', 'busy'],
        ['40003', 'busy'],
        ['55P03', 'busy'],
        ['55006', 'busy'],
        ['25P03', 'busy'],
        ['42501', 'ungranted'],
        ['42P01', 'unfit'],
        ['XX000', 'failing'],
        ['XX001', 'damaged'],
        ['22001', undefined],
        ['23505', undefined],
        ['42601', undefined],
      ] as const) {
        const raised = sql.raw(`do $$ begin raise exception 'x' using errcode = '${state}'; end $$`)
        expect(findStoreProblem(await raised.execute(database.queries).catch((error) => error))).toBe(trouble)
      }
      const written = database.transaction(async (tx) => {
        await sql.raw('set transaction read only').execute(tx)
        await sql.raw('delete from jobs').execute(tx)
      })
      expect(findStoreProblem(await written.catch((error) => error))).toBe('read-only')
    }
    await database.transaction((tx) => sql.raw('delete from jobs').execute(tx))
  })
})

test.each(['mysql://root:hunter2@localhost/x', 'localhost/x', 'postgres://localhost:x/y'])(
  'the store URL %s is rejected without repeating its password',
  async (url) => {
    const error = await openDatabase({ engine: 'postgres', url }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'config_invalid' })
    expect(String(error.message)).toContain('POSTERN_DATABASE_URL is not a URL of PostgreSQL')
    expect(JSON.stringify([error.message, error.detail])).not.toContain('hunter2')
  },
)

test('a missing role, database or server makes the store unavailable', async () => {
  const url = new URL(inject('postgresUrl'))
  url.pathname = '/there_is_none'
  const database = await openDatabase({ engine: 'postgres', url: url.href })
  const error = await database.queries
    .selectFrom('jobs')
    .selectAll()
    .execute()
    .catch((thrown) => thrown)
  expect(findStoreProblem(error)).toBe('missing')
  await database.close()
})
