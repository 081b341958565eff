import type { Database } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'
import { appendModulus } from './modulus-block.ts'

/** 64 KiB for keys of 2048 bits: what is rewritten when one is added. */
const mostKeys = 256

/** Moduli that stand together; `keys` is how many. */
export interface ModulusBlock {
  block: number
  keys: number
  moduli: Uint8Array
}

/** Where a reader has come to. */
export type SeenPlace = Pick<ModulusBlock, 'block' | 'keys'>

/** The RSA moduli of every request that was ever checked, of whatever organization. */
export function createSeenModulusStore({ queries, transaction }: Database) {
  /** The blocks from one on, in order, at most `limit`. */
  const listFrom = async (block: number, limit: number, within: typeof queries = queries) =>
    within
      .selectFrom('seen_moduli')
      .selectAll()
      .where('block', '>=', block)
      .orderBy('block')
      .limit(limit)
      .execute()

  return {
    /** The number of the last block; 0 where there is none. */
    async findLastBlock(): Promise<number> {
      const { last } = await queries
        .selectFrom('seen_moduli')
        .select((e) => e.fn.max('block').as('last'))
        .executeTakeFirstOrThrow()
      return last ?? 0
    },

    listFrom,

    /** Adds a modulus and gives the blocks that have grown since a reader was at `place`, as they were before. */
    async add(modulus: bigint, place: SeenPlace): Promise<ModulusBlock[]> {
      return transaction(async (tx) => {
        await takeLock(tx, locks.seenKeys)
        const newer = await listFrom(Math.max(place.block, 1), Number.MAX_SAFE_INTEGER, tx)
        const last = newer.at(-1)
        if (last === undefined || last.keys >= mostKeys) {
          const block = (last?.block ?? 0) + 1
          const moduli = appendModulus(new Uint8Array(), modulus)
          await tx.insertInto('seen_moduli').values({ block, keys: 1, moduli }).execute()
        } else {
          const moduli = appendModulus(last.moduli, modulus)
          await tx
            .updateTable('seen_moduli')
            .set({ keys: last.keys + 1, moduli })
            .where('block', '=', last.block)
            .execute()
        }
        return newer.filter(({ block, keys }) => block > place.block || keys > place.keys)
      })
    },
  }
}

export type SeenModulusStore = ReturnType<typeof createSeenModulusStore>
