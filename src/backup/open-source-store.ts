import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { PosternError } from '../errors.ts'
import type { StorageLocation } from '../storage/database.ts'
import { openPostgresSource } from './postgres-source-store.ts'
import { assertSqliteIntact, copySqlite, openSqliteSource } from './sqlite-source-store.ts'
import type { OpenTables, TableSource, Value } from './table-lines.ts'

/** The store as it was at one moment. */
export interface OpenSource extends OpenTables {
  engine: 'sqlite' | 'postgres'
  /** The last row of the audit log at that moment. */
  auditHead: { sequence: number; hash: string }
  close(): Promise<void>
}

/** Opens the store as it is now, while others go on to change it. `folder` takes the copy of a SQLite file. */
export async function openSource(location: StorageLocation, folder: string): Promise<OpenSource> {
  const source =
    location.engine === 'sqlite'
      ? await copyAndOpen(location.path, join(folder, 'copy.db'))
      : await openPostgresSource(location.url)
  try {
    const auditHead = await findAuditHead(source)
    return {
      engine: location.engine,
      tables: source.tables,
      migrations: source.migrations,
      read: (table) => source.read(table),
      auditHead,
      close: async () => source.close(),
    }
  } catch (error) {
    await source.close()
    throw error
  }
}

async function copyAndOpen(path: string, copy: string) {
  if (!existsSync(path))
    throw new PosternError(
      'storage_unavailable',
      'There is no store yet. Start Postern once, then try again.',
    )
  await copySqlite(path, copy)
  assertSqliteIntact(copy)
  return openSqliteSource(copy)
}

async function findAuditHead(source: TableSource): Promise<OpenSource['auditHead']> {
  const table = source.tables.find(({ name }) => name === 'audit')
  if (table === undefined)
    throw new PosternError(
      'storage_unavailable',
      'There is no store yet. Start Postern once, then try again.',
    )
  const [sequenceAt, hashAt] = ['sequence', 'hash'].map((name) => table.columns.indexOf(name))
  let head: Value[] | undefined
  const numberOf = (row: Value[] | undefined) => Number(row?.[sequenceAt ?? 0] ?? 0)
  for await (const rows of source.read(table))
    for (const row of rows) if (numberOf(row) > numberOf(head)) head = row
  return { sequence: numberOf(head), hash: String(head?.[hashAt ?? 0] ?? '0'.repeat(64)) }
}

/** Returns how many octets the store has, for an estimate of what a copy takes. */
export async function measureStore(location: StorageLocation): Promise<number> {
  if (location.engine === 'sqlite') {
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
    return sizeOf(location.path) + sizeOf(`${location.path}-wal`)
  }
  const client = new pg.Client({ connectionString: location.url })
  await client.connect()
  try {
    const { rows } = await client.query('select pg_database_size(current_database()) as size')
    return Number(rows[0].size)
  } finally {
    await client.end()
  }
}
