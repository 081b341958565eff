import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'

/** A backup of a store that can be restored while Postern runs. */
export interface StoreBackup {
  /** Restores the backup after `change` has modified it. */
  putBack(change?: (copy: Database) => Promise<void>): Promise<void>
  [Symbol.dispose](): void
}

/** Copies a store that other processes have open. */
export async function takeBackup(location: StorageLocation): Promise<StoreBackup> {
  return location.engine === 'sqlite' ? copySqlite(location.path) : copyPostgres(location.url)
}

async function copySqlite(path: string): Promise<StoreBackup> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-backup-'))
  const copy = join(folder, 'copy.db')
  await copyFile(path, copy)
  return {
    async putBack(change) {
      await changeCopy({ engine: 'sqlite', path: copy }, change)
      await copyFile(copy, path)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Uses SQLite's backup API, page by page into the file that others have open. */
async function copyFile(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from)
  for (let tries = 0; ; tries += 1)
    try {
      await backup(source, to, { rate: 100_000 })
      break
    } catch (error) {
      // Another process writes at this moment.
      if (tries > 200) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  source.close()
}

async function copyPostgres(url: string): Promise<StoreBackup> {
  const name = new URL(url).pathname.slice(1)
  const copy = `${name}_copy`
  const at = (database: string) => url.replace(/\/[^/]*$/, `/${database}`)
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: at('postgres') })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}'`
  const hold = `alter database ${name} with allow_connections false`
  await run(
    hold,
    end,
    `create database ${copy} template ${name}`,
    `alter database ${name} with allow_connections true`,
  )
  return {
    async putBack(change) {
      await changeCopy({ engine: 'postgres', url: at(copy) }, change)
      await run(hold, end, `drop database ${name}`, `create database ${name} template ${copy}`)
    },
    // The databases are deleted with the test server.
    [Symbol.dispose]() {},
  }
}

async function changeCopy(
  location: StorageLocation,
  change: ((copy: Database) => Promise<void>) | undefined,
): Promise<void> {
  if (change === undefined) return
  const copy = await openDatabase(location)
  await change(copy)
  await copy.close()
}
