import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { createIdentityCheck } from './file-identity.ts'
import { retryWhileLocked } from './retry-while-locked.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

/**
 * Opens a SQLite file. WAL lets readers continue during a write; `synchronous=FULL`, since `NORMAL` loses
 * acknowledged commits in a power cut. Its connections never wait for a lock, which would block the event
 * loop. Only the owner can access the file. Throws SQLite's error, also if another process locks the file at
 * this moment.
 */
export function openSqliteFile(path: string): DatabaseSync {
  if (path !== ':memory:') keepFromOthers(path)
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec('pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on')
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

/** Restricts the mode of the database file; SQLite gives the files beside it the same mode. */
function keepFromOthers(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite's own error describes the problem with the path better.
    return
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(file, { throwIfNoEntry: false })
    // The mode of another user's file cannot be changed; `postern serve` reports it.
    if (found !== undefined && (found.mode & 0o077) !== 0 && found.uid === process.geteuid?.())
      chmodSync(file, 0o600)
  }
}

/**
 * Returns Kysely's SQLite dialect over Node's SQLite. Closing it closes the file. Reads outside of a
 * transaction use a separate connection, so that they wait for no writer. Locks of other processes are waited
 * for up to `lockMs`, also while the file is opened.
 */
export async function createNodeSqliteDialect(path: string, lockMs: number): Promise<Dialect> {
  const writer = await retryWhileLocked(() => openSqliteFile(path), performance.now() + lockMs)
  // An in-memory database belongs to one connection.
  const reader = path === ':memory:' ? undefined : new DatabaseSync(path, { readOnly: true, timeout: 0 })
  const assertSameFile = path === ':memory:' ? () => {} : createIdentityCheck(path)
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createSqliteDriver(writer, reader, { assertSameFile, lockMilliseconds: lockMs }),
    createIntrospector: (queries) => new SqliteIntrospector(queries),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** The driver itself queues writers. Schema changes run in a transaction too, completely or not at all. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
  override get supportsMultipleConnections() {
    return true
  }
}
