import { PosternError } from '../errors.ts'
import type { Queries } from './database.ts'

/** The last restore of a store, if it is not finished. */
export interface StoreHold {
  id: string
  /**
   * `loaded`: the rows are there, and nothing may use them yet. `held`: it is not known what was ended since the backup.
   */
  state: 'loaded' | 'held'
}

/** What an operator does about a store that is held. */
export const howToRelease =
  'Stop Postern and run postern restore --journal FOLDER, or postern restore --without-journal if the journal is lost.'

/** Returns the restore that holds the store; undefined if the store is in use as usual. */
export async function findHold(queries: Queries): Promise<StoreHold | undefined> {
  const row = await queries
    .selectFrom('restores')
    .select(['id', 'state'])
    .where('state', '<>', 'released')
    .limit(1)
    .executeTakeFirst()
  return row === undefined || row.state === 'released' ? undefined : { id: row.id, state: row.state }
}

/** Throws `issuer_unavailable` while the store is held: what was revoked since the backup is not known. */
export async function assertReleased(queries: Queries): Promise<void> {
  if ((await findHold(queries)) === undefined) return
  throw new PosternError(
    'issuer_unavailable',
    `The store was restored from a backup without its journal, and the authority signs nothing until an operator decides. ${howToRelease}`,
  )
}

/** Throws `storage_unavailable` if a restore was cut off, so that nothing may use the store. */
export async function assertRestored(queries: Queries): Promise<void> {
  if ((await findHold(queries))?.state !== 'loaded') return
  throw new PosternError(
    'storage_unavailable',
    'A restore of this store was cut off. Run the same postern restore again: it goes on where it was.',
  )
}
