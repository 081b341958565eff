import { existsSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Config } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import { type Database, openDatabase } from '../storage/database.ts'
import { isMigrated } from '../storage/migrate.ts'

/** The dependencies of a command that needs no key. */
export interface StoreTools {
  config: Config
  database: Database
  actor: Actor
  now: number
}

/**
 * Runs `work` with the store open, on behalf of the user who runs `command`; Postern may be running. Throws
 * `storage_unavailable` for a store that Postern has not made or brought up to this release yet.
 */
export async function withStore<T>(command: string, work: (tools: StoreTools) => Promise<T>): Promise<T> {
  const settings = readSettings()
  const config = toConfig(settings)
  const { storage } = toSecrets(settings, config, 'tool')
  if (storage.engine === 'sqlite' && !existsSync(storage.path)) throw notMigrated()
  const database = await openDatabase(storage)
  try {
    await assertMigrated(database)
    return await work({ config, database, actor: actorOf(command), now: Date.now() })
  } finally {
    await database.close()
  }
}

/** Throws `storage_unavailable` for a store of another release. */
export async function assertMigrated(database: Database): Promise<void> {
  if (await isMigrated(database)) return
  throw notMigrated()
}

const notMigrated = () =>
  new PosternError(
    'storage_unavailable',
    'The store is not one of this release yet. Start Postern once, then try again.',
  )

/** Returns the user who is logged in to the machine as actor. */
export function actorOf(command: string): Actor {
  return { kind: 'system', id: command, name: userInfo().username, origin: hostname() }
}
