import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { buildPostern } from './build-postern.ts'
import { createPostgresDatabase, startPostgres } from './postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
    /** Empty stores of this release to copy: a file of SQLite, and the name of a database of PostgreSQL. */
    migratedStores: { sqlite: string; postgres: string }
  }
}

/**
 * Puts `postern` into few files for the tests that start it, and starts one PostgreSQL server for all tests; each test
 * makes a database of its own on it. What tests write lies in one temporary folder, which goes at the end.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tests-'))
  // The server may run as another user, who needs access to the folder.
  chmodSync(folder, 0o711)
  process.env.TMPDIR = folder
  const [server, program] = await Promise.all([startPostgres(), buildPostern()])
  process.env.POSTERN_TEST_PROGRAM = program
  project.provide('postgresUrl', server.url)
  const sqlite = join(folder, 'migrated.db')
  const url = await createPostgresDatabase(server.url)
  await makeStore({ engine: 'sqlite', path: sqlite })
  process.env.POSTERN_TEST_STORE = sqlite
  await makeStore({ engine: 'postgres', url })
  project.provide('migratedStores', { sqlite, postgres: new URL(url).pathname.slice(1) })
  return async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function makeStore(location: StorageLocation): Promise<void> {
  const database = await openDatabase(location)
  await migrate(database)
  await database.close()
}
