import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { openDatabase } from '../storage/database.ts'
import { migrateTo } from '../storage/migrate.ts'
import { damaged, type TableSink } from './backup-lines.ts'
import { openSqliteSource } from './sqlite-source-store.ts'

/** A new SQLite store that is being filled: nothing of it counts before `finish`. */
export interface FilledStore extends TableSink {
  finish(): Promise<void>
  abandon(): Promise<void>
}

/** Makes a new SQLite store at `path` with the tables of `migrations`, to be filled with their rows. */
export async function fillSqlite(path: string, migrations: readonly string[]): Promise<FilledStore> {
  const made = await openDatabase({ engine: 'sqlite', path })
  await migrateTo(made, migrations).finally(() => made.close())
  const source = openSqliteSource(path)
  const known = new Map(source.tables.map(({ name, columns }) => [name, columns]))
  source.close()
  const file = new DatabaseSync(path)
  // A row may refer to one of a later table: the caller checks all references at the end.
  file.exec('pragma foreign_keys = off; pragma synchronous = full; begin immediate')
  // Rows that come back are no changes: the journal and what is planned for them come as tables of their own.
  const triggers = file
    .prepare(
      "select name, sql from sqlite_schema where type = 'trigger' and (name like '%\\_journal\\_%' escape '\\' or name like '%\\_planned\\_%' escape '\\')",
    )
    .all()
  for (const { name } of triggers) file.exec(`drop trigger "${name}"`)
  for (const name of known.keys()) file.exec(`delete from "${name}"`)
  let insert: StatementSync | undefined
  return {
    async begin({ name, columns }) {
      if (known.get(name)?.join() !== columns.join()) throw damaged()
      const places = columns.map(() => '?').join(', ')
      insert = file.prepare(`insert into "${name}" (${quote(columns)}) values (${places})`)
    },
    async write(rows) {
      for (const row of rows) insert?.run(...row)
    },
    async finish() {
      for (const { sql } of triggers) file.exec(String(sql))
      file.exec('commit')
      file.close()
    },
    async abandon() {
      file.close()
    },
  }
}

const quote = (columns: readonly string[]) => columns.map((column) => `"${column}"`).join(', ')
