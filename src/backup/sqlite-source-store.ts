import { backup, DatabaseSync } from 'node:sqlite'
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { isCopied, type OpenTables, type TableShape, type Value } from './table-lines.ts'

const rowsAtOnce = 500
/** All pages in one step: a step is never begun again because somebody writes in between. */
const everyPage = 2 ** 30
const busy = 5
const pauseMs = 20
const tries = 500

/** Copies a SQLite file that others use, as it is at one moment, by the backup API of SQLite. */
export async function copySqlite(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true, timeout: 0 })
  try {
    for (let left = tries; ; left -= 1)
      try {
        await backup(source, to, { rate: everyPage })
        return
      } catch (error) {
        if ((error as { errcode?: number }).errcode !== busy || left === 0) throw error
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
  } finally {
    source.close()
  }
}

/** The tables of a SQLite file that nobody else changes. */
export interface SqliteSource extends OpenTables {
  close(): void
}

/** Opens a SQLite file to read its tables. */
export function openSqliteSource(path: string): SqliteSource {
  const file = new DatabaseSync(path, { readOnly: true })
  const names = (sql: string) =>
    file
      .prepare(sql)
      .all()
      .map(({ name }) => String(name))
  const tables = names("select name from sqlite_schema where type = 'table' order by name")
    .filter(isCopied)
    .map((name) => ({ name, columns: names(`select name from pragma_table_info('${name}')`).sort() }))
  return {
    tables,
    migrations: names('select name from kysely_migration order by name'),
    async *read({ name, columns }: TableShape) {
      let rows: Value[][] = []
      const list = columns.map((column) => `"${column}"`).join(', ')
      for (const row of file.prepare(`select ${list} from "${name}"`).iterate()) {
        rows.push(columns.map((column) => toValue(row[column])))
        if (rows.length < rowsAtOnce) continue
        yield rows
        rows = []
        await letOthersRun()
      }
      yield rows
    },
    close: () => file.close(),
  }
}

function toValue(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array)
    return value
  throw new TypeError('a value that no column has')
}

/** Checks pages, indexes and references of a SQLite file. Throws `storage_unavailable`. */
export function assertSqliteIntact(path: string): void {
  const file = new DatabaseSync(path, { readOnly: true })
  try {
    const [found] = file.prepare('pragma integrity_check(1)').all()
    const [broken] = file.prepare('pragma foreign_key_check').all()
    const problem =
      found?.integrity_check === 'ok' ? broken && `rows of ${broken.table}` : found?.integrity_check
    if (problem === undefined) return
    throw new PosternError(
      'storage_unavailable',
      `The copy of the store is damaged (${problem}). Look at the disk, and keep the backups that you have.`,
    )
  } finally {
    file.close()
  }
}
