import pg from 'pg'
import { keptAlive } from '../storage/open-postgres.ts'
import { isCopied, type OpenTables, type TableShape, type Value } from './table-lines.ts'

const rowsAtOnce = 500

/** The tables of a PostgreSQL store as they were when it was opened, while others go on to change them. */
export interface PostgresSource extends OpenTables {
  close(): Promise<void>
}

/** Opens a read-only transaction that sees one moment of the store until it is closed. */
export async function openPostgresSource(url: string): Promise<PostgresSource> {
  const client = new pg.Client({ connectionString: url, ...keptAlive })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read, read only')
    await client.query('set local idle_in_transaction_session_timeout = 0; set local statement_timeout = 0')
    const tables = await listTables(client)
    const { rows } = await client.query('select name from kysely_migration order by name')
    return {
      tables,
      migrations: rows.map(({ name }) => String(name)),
      read: (table) => readTable(client, table),
      close: () => client.end(),
    }
  } catch (error) {
    await client.end()
    throw error
  }
}

/** Lists the tables that a backup has, with their columns in alphabetical order. */
export async function listTables(client: pg.Client): Promise<TableShape[]> {
  const { rows } = await client.query(
    `select table_name, array_agg(column_name::text order by column_name::text collate "C") as columns
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = current_schema() and table_type = 'BASE TABLE'
    group by table_name order by table_name`,
  )
  return rows
    .map(({ table_name: name, columns }) => ({ name: String(name), columns: columns as string[] }))
    .filter(({ name }) => isCopied(name))
}

/** Reads the rows of a table in the transaction of a client. */
export async function* readTable(client: pg.Client, { name, columns }: TableShape): AsyncIterable<Value[][]> {
  const list = columns.map((column) => `"${column}"`).join(', ')
  await client.query(`declare copied no scroll cursor for select ${list} from "${name}"`)
  try {
    for (;;) {
      const { rows } = await client.query<Value[]>({
        text: `fetch ${rowsAtOnce} from copied`,
        rowMode: 'array',
      })
      yield rows
      if (rows.length < rowsAtOnce) return
    }
  } finally {
    await client.query('close copied').catch(() => {})
  }
}
