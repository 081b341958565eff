import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { assertSqliteIntact } from '../../src/backup/sqlite-source-store.ts'
import { openDatabase, type StorageLocation } from '../../src/storage/database.ts'
import type { PosternPlace } from './postern.ts'

/** The store before a restore, that of the backup, or one that nothing may use yet. */
export type StoreState = 'old' | 'new' | 'unfinished'

/** Tells which store is there. Throws if it is damaged. */
export async function readState(location: StorageLocation): Promise<StoreState> {
  if (location.engine === 'sqlite') assertSqliteIntact(location.path)
  const database = await openDatabase(location)
  try {
    const tables = (await database.queries.introspection.getTables()).map(({ name }) => name)
    if (!tables.includes('restores')) return 'old'
    const restores = await database.queries.selectFrom('restores').select('state').execute()
    if (restores.length === 0) return 'old'
    return restores.some(({ state }) => state === 'loaded') ? 'unfinished' : 'new'
  } finally {
    await database.close()
  }
}

/** Starts `postern restore`, kills it after a random time of up to `lastsMs`, and tells which store is there then. */
export async function killRestore(
  place: Pick<PosternPlace, 'run' | 'storage'>,
  commandLine: readonly string[],
  lastsMs: number,
): Promise<StoreState> {
  const { child, exitCode } = place.run('restore', ...commandLine)
  await Promise.race([wait(randomInt(Math.ceil(lastsMs))), once(child, 'exit')])
  child.kill('SIGKILL')
  await exitCode
  return readState(place.storage)
}
