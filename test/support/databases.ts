import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { createPostgresDatabase } from './postgres.ts'

/** A store of a test's own: empty, migrated, deleted at the end. */
export interface TestStore {
  readonly database: Database
  readonly location: StorageLocation
}

/** Runs a suite once on SQLite and once on PostgreSQL, each with an empty store. */
export function describeOnBothEngines(name: string, suite: (store: TestStore) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${engine})`, () => {
      const store = {} as { database: Database; location: StorageLocation }
      let folder: string | undefined
      beforeAll(async () => {
        if (engine === 'sqlite') folder = mkdtempSync(join(tmpdir(), 'postern-store-'))
        store.location =
          folder === undefined
            ? { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl')) }
            : { engine: 'sqlite', path: join(folder, 'postern.db') }
        store.database = await openDatabase(store.location)
        await migrate(store.database)
      })
      afterAll(async () => {
        await store.database.close()
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
      })
      suite(store)
    })
  }
}
