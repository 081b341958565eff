import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Dialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { createIdentityCheck } from './file-identity.ts'
import { retryWhileLocked } from './retry-while-locked.ts'
import { createSqliteDriver } from './sqlite-driver.ts'

/**
 * Opens a SQLite file. WAL lets readers go on while one writes; `synchronous=FULL` since `NORMAL` loses
 * acknowledged commits in a power cut. Its connections never wait for a lock: that would hold up the event loop. The
 * file is for its owner alone. Throws what SQLite says, also where another process holds it at this moment.
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

/** SQLite gives the files beside the database the mode of the database. */
function keepFromOthers(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite says better what is wrong with the path.
    return
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(file, { throwIfNoEntry: false })
    // The mode of somebody else's file cannot be changed; `postern serve` says so.
    if (found !== undefined && (found.mode & 0o077) !== 0 && found.uid === process.geteuid?.())
      chmodSync(file, 0o600)
  }
}

/**
 * Kysely's SQLite dialect over Node's own SQLite. Closing it closes the file. What is read outside of a
 * transaction is read by a connection of its own, so that it waits for no writer. What others have locked is waited for
 * for `lockMilliseconds`, also while it is opened.
 */
export async function createNodeSqliteDialect(path: string, lockMilliseconds: number): Promise<Dialect> {
  const writer = await retryWhileLocked(() => openSqliteFile(path), performance.now() + lockMilliseconds)
  // Memory belongs to one connection.
  const reader = path === ':memory:' ? undefined : new DatabaseSync(path, { readOnly: true, timeout: 0 })
  const assertSameFile = path === ':memory:' ? () => {} : createIdentityCheck(path)
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => createSqliteDriver(writer, reader, { assertSameFile, lockMilliseconds }),
    createIntrospector: (queries) => new SqliteIntrospector(queries),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** The driver itself lets writers wait for each other. Tables too change in a transaction, as a whole or not at all. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
  override get supportsMultipleConnections() {
    return true
  }
}
