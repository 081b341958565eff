import { join } from 'node:path'
import { isBeingPlaced } from '../backup/replace-sqlite-store.ts'
import type { Config } from '../config/config.ts'
import { PosternError } from '../errors.ts'

/** The path of the store on SQLite. */
const storeFile = 'postern.db'

/** Throws `storage_unavailable` if a restore was cut off and there is no store: a start would make a new authority. */
export function assertStorePlaced({ dataFolder }: Config): void {
  if (!isBeingPlaced(join(dataFolder, storeFile))) return
  throw new PosternError(
    'storage_unavailable',
    'A restore was cut off before the store was in place. Run the same postern restore again.',
  )
}
