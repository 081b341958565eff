import pg from 'pg'
import { PosternError } from '../errors.ts'
import { openDatabase } from '../storage/database.ts'
import { migrateTo } from '../storage/migrate.ts'
import { keptAlive } from '../storage/open-postgres.ts'
import { listTables, readTable } from './postgres-source-store.ts'
import {
  createDigest,
  digestTables,
  findDifferences,
  type OpenTables,
  type TableDigest,
  type TableShape,
  type TableSource,
  toLine,
  type Value,
} from './table-lines.ts'

/** Two transactions that fill one database wait for each other: an arbitrary number, as good as any. */
const fillLock = 49_2026

/**
 * Fills an empty PostgreSQL database with the rows of a store, in one transaction: all of them, or none. Each row
 * is read again and compared before the transaction ends.
 * May be repeated after an interruption. Returns how many rows there are. Throws `conflict` if the database holds rows already.
 */
export async function fillPostgres(url: string, source: OpenTables): Promise<number> {
  const client = new pg.Client({ connectionString: url, ...keptAlive })
  client.on('error', () => {})
  await client.connect()
  try {
    await assertEmpty(client)
    await makeTables(url, client, source.migrations)
    await client.query('begin')
    await client.query(`select pg_advisory_xact_lock(${fillLock})`)
    await assertEmpty(client)
    const rows = await pour(client, source)
    await client.query('commit')
    return rows
  } finally {
    await client.end()
  }
}

async function makeTables(url: string, client: pg.Client, migrations: readonly string[]): Promise<void> {
  const database = await openDatabase({ engine: 'postgres', url })
  await migrateTo(database, migrations).finally(() => database.close())
  const { rows } = await client.query('select name from kysely_migration order by name')
  if (rows.map(({ name }) => name).join() === [...migrations].sort().join()) return
  throw new PosternError(
    'conflict',
    'The database has the tables of another release than the backup. Give an empty database.',
  )
}

/** Throws `conflict` if a table has a row. */
async function assertEmpty(client: pg.Client): Promise<void> {
  for (const { name } of await listTables(client)) {
    const { rowCount } = await client.query(`select 1 from "${name}" limit 1`)
    if (rowCount !== 0)
      throw new PosternError(
        'conflict',
        `The database holds something already (table ${name}). Give an empty one: nothing is overwritten. Nothing was changed.`,
      )
  }
}

/** A row may refer to one of a later table, so that references are checked once, at the end. */
async function pour(client: pg.Client, source: TableSource): Promise<number> {
  const { rows: references } = await client.query<{ holder: string; name: string }>(
    `select conrelid::regclass::text as holder, quote_ident(conname) as name from pg_constraint
    where contype = 'f' and connamespace = current_schema()::regnamespace`,
  )
  const alter = async (how: string) => {
    for (const { holder, name } of references)
      await client.query(`alter table ${holder} alter constraint ${name} ${how}`)
  }
  // Rows that come back are no changes: the journal and what is planned for them come as tables of their own.
  const { rows: triggers } = await client.query<{ holder: string; name: string }>(
    `select tgrelid::regclass::text as holder, quote_ident(tgname) as name from pg_trigger
    join pg_class on pg_class.oid = tgrelid where relnamespace = current_schema()::regnamespace
    and (tgname like '%\\_journal\\_%' or tgname like '%\\_planned\\_%')`,
  )
  const set = async (how: 'enable' | 'disable') => {
    for (const { holder, name } of triggers)
      await client.query(`alter table ${holder} ${how} trigger ${name}`)
  }
  await set('disable')
  await alter('deferrable initially deferred')
  const expected: Record<string, TableDigest> = {}
  for (const table of source.tables) {
    const digest = createDigest()
    for await (const rows of source.read(table)) {
      for (const row of rows) digest.add(toLine(row))
      await insertRows(client, table, rows)
    }
    expected[table.name] = digest.result()
  }
  await client.query('set constraints all immediate')
  await alter('not deferrable')
  await set('enable')
  await assertSame(client, expected)
  await continueNumbers(client)
  return Object.values(expected).reduce((sum, { rows }) => sum + rows, 0)
}

/** Throws `storage_unavailable` if a row is not the one that was written. */
async function assertSame(client: pg.Client, expected: Record<string, TableDigest>): Promise<void> {
  const tables = await listTables(client)
  const found = await digestTables({ tables, read: (table) => readTable(client, table) })
  const [different] = findDifferences(expected, found)
  if (different === undefined) return
  throw new PosternError(
    'storage_unavailable',
    `PostgreSQL gave other rows of ${different} than were written to it, so nothing was kept. Look at the encoding of the database: it has to be UTF8.`,
  )
}

async function insertRows(client: pg.Client, { name, columns }: TableShape, rows: Value[][]): Promise<void> {
  if (rows.length === 0) return
  const list = columns.map((column) => `"${column}"`).join(', ')
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map((column, at) => [column, toJson(row[at])])),
  )
  await client.query(
    `insert into "${name}" (${list}) overriding system value select ${list} from json_populate_recordset(null::"${name}", $1::json)`,
    [JSON.stringify(objects)],
  )
}

/** PostgreSQL reads octets in a text of JSON as it reads them elsewhere. */
const toJson = (value: Value | undefined) =>
  value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value

/** Lets numbers that PostgreSQL gives go on above those of the rows. */
async function continueNumbers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ holder: string; name: string }>(
    `select table_name as holder, column_name as name from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`,
  )
  for (const { holder, name } of rows)
    await client.query(
      `select setval(pg_get_serial_sequence('"${holder}"', '${name}'), (select max("${name}") from "${holder}")) where exists (select 1 from "${holder}")`,
    )
}
