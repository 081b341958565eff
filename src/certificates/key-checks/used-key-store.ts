import type { RsaNumbers } from '../../pki/key/public-key.ts'
import type { Database } from '../../storage/database.ts'
import { locks, takeLock } from '../../storage/lock-order.ts'
import { quiet } from '../../storage/transact.ts'
import { appendKey } from './rsa-key-block.ts'

/** 64 KiB for 2048-bit keys: the amount that is rewritten when one key is added. */
const maxKeys = 256

/** Keys that are stored together, and their number. */
export interface KeyBlock {
  block: number
  count: number
  keys: Uint8Array
}

/** The position of a reader. */
export type UsedKeyPlace = Pick<KeyBlock, 'block' | 'count'>

/** Creates the store of the RSA keys of every CSR that was ever checked, across all organizations. */
export function createUsedKeyStore({ queries, transaction }: Database) {
  /** Lists the blocks from a given one on, in order, at most `limit`. */
  const listFrom = async (block: number, limit: number, within: typeof queries = queries) =>
    within
      .selectFrom('seen_rsa_keys')
      .selectAll()
      .where('block', '>=', block)
      .orderBy('block')
      .limit(limit)
      .execute()

  return {
    /** Returns the number of the last block; 0 if there is none. */
    async findLastBlock(): Promise<number> {
      const { last } = await queries
        .selectFrom('seen_rsa_keys')
        .select((e) => e.fn.max('block').as('last'))
        .executeTakeFirstOrThrow()
      return last ?? 0
    },

    listFrom,

    /**
     * Adds a key and returns the blocks that have grown since a reader was at `place`, without the new key.
     */
    async add(key: RsaNumbers, place: UsedKeyPlace): Promise<KeyBlock[]> {
      return transaction(async (tx) => {
        await takeLock(tx, locks.seenKeys)
        const newer = await listFrom(Math.max(place.block, 1), Number.MAX_SAFE_INTEGER, tx)
        const last = newer.at(-1)
        if (last === undefined || last.count >= maxKeys) {
          const block = (last?.block ?? 0) + 1
          const keys = appendKey(new Uint8Array(), key)
          await tx.insertInto('seen_rsa_keys').values({ block, count: 1, keys }).execute()
        } else {
          const keys = appendKey(last.keys, key)
          await tx
            .updateTable('seen_rsa_keys')
            .set({ count: last.count + 1, keys })
            .where('block', '=', last.block)
            .execute()
        }
        return newer.filter(({ block, count }) => block > place.block || count > place.count)
      }, quiet)
    },
  }
}

export type UsedKeyStore = ReturnType<typeof createUsedKeyStore>
