import type { RsaNumbers } from '../../pki/key/public-key.ts'
import type { Database } from '../../storage/database.ts'
import { locks, takeLock } from '../../storage/lock-order.ts'
import { quiet } from '../../storage/transact.ts'
import { appendKey } from './rsa-key-block.ts'

/** 64 KiB for keys of 2048 bits: what is rewritten when one is added. */
const mostKeys = 256

/** Keys that stand together; `count` is how many. */
export interface KeyBlock {
  block: number
  count: number
  keys: Uint8Array
}

/** Where a reader has come to. */
export type SeenPlace = Pick<KeyBlock, 'block' | 'count'>

/** The RSA keys of every request that was ever checked, of whatever organization. */
export function createSeenKeyStore({ queries, transaction }: Database) {
  /** The blocks from one on, in order, at most `limit`. */
  const listFrom = async (block: number, limit: number, within: typeof queries = queries) =>
    within
      .selectFrom('seen_rsa_keys')
      .selectAll()
      .where('block', '>=', block)
      .orderBy('block')
      .limit(limit)
      .execute()

  return {
    /** The number of the last block; 0 where there is none. */
    async findLastBlock(): Promise<number> {
      const { last } = await queries
        .selectFrom('seen_rsa_keys')
        .select((e) => e.fn.max('block').as('last'))
        .executeTakeFirstOrThrow()
      return last ?? 0
    },

    listFrom,

    /** Adds a key and gives the blocks that have grown since a reader was at `place`, as they were before. */
    async add(key: RsaNumbers, place: SeenPlace): Promise<KeyBlock[]> {
      return transaction(async (tx) => {
        await takeLock(tx, locks.seenKeys)
        const newer = await listFrom(Math.max(place.block, 1), Number.MAX_SAFE_INTEGER, tx)
        const last = newer.at(-1)
        if (last === undefined || last.count >= mostKeys) {
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

export type SeenKeyStore = ReturnType<typeof createSeenKeyStore>
