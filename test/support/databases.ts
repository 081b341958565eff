import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, inject } from 'vitest'
import { type Database, openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import { createPostgresDatabase } from './postgres.ts'

/** A store for one test: empty, migrated, deleted at the end. */
export interface TestStore {
  readonly database: Database
  readonly location: StorageLocation
}

/** Runs a suite once on SQLite and once on PostgreSQL, each with an empty store that its tests share. */
export function describeOnBothEngines(name: string, suite: (store: TestStore) => void): void {
  describeOn(name, suite, beforeAll, afterAll)
}

/** The same with an empty store for each test, where a test would find what the one before has left. */
export function describeWithFreshStores(name: string, suite: (store: TestStore) => void): void {
  describeOn(name, suite, beforeEach, afterEach)
}

function describeOn(
  name: string,
  suite: (store: TestStore) => void,
  before: typeof beforeAll | typeof beforeEach,
  after: typeof afterAll | typeof afterEach,
): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${engine})`, () => {
      const store = {} as { database: Database; location: StorageLocation }
      before(async () => {
        store.location = engine === 'sqlite' ? copySqlite() : await copyPostgres()
        store.database = await openDatabase(store.location)
      })
      after(async () => {
        await store.database.close()
        if (store.location.engine === 'sqlite') rmSync(join(store.location.path, '..'), { recursive: true })
      })
      suite(store)
    })
  }
}

function copySqlite(): StorageLocation & { engine: 'sqlite' } {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-store-')), 'postern.db')
  copyFileSync(inject('migratedStores').sqlite, path)
  return { engine: 'sqlite', path }
}

async function copyPostgres(): Promise<StorageLocation> {
  const { postgres } = inject('migratedStores')
  return { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl'), postgres) }
}
