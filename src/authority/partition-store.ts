import { formatListName } from '../pki/status/revocation-list-name.ts'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { quiet } from '../storage/transact.ts'

/** Reserved entries of certificates in one partition. */
export interface Places {
  partition: number
  address: string
  count: number
}

/** Creates the store of CRL partitions and the number of certificates that name them. */
export function createPartitionStore(database: Database, publicationUrl: string) {
  const addressOf = (issuerId: string, partition: number) =>
    `${publicationUrl}/crl/${formatListName({ issuerId, partition })}.crl`

  return {
    /**
     * Reserves at most `wanted` entries in the latest partition, or in a new one if that already has `size`
     * or is published at another address: a CRL names one address, that of its certificates.
     */
    async take(issuerId: string, wanted: number, size: number): Promise<Places> {
      return database.transaction(async (tx) => {
        await takeLock(tx, locks.authority)
        const newest = await findNewest(tx, issuerId)
        const isOpen = newest.places < size && newest.address === addressOf(issuerId, newest.partition)
        const partition = isOpen ? newest.partition : newest.partition + 1
        const taken = isOpen ? newest.places : 0
        const count = Math.min(wanted, size - taken)
        const address = addressOf(issuerId, partition)
        await tx
          .insertInto('revocation_lists')
          .values({ issuer_id: issuerId, partition, address, places: count })
          .onConflict((conflict) =>
            conflict.columns(['issuer_id', 'partition']).doUpdateSet({ places: taken + count }),
          )
          .execute()
        return { partition, address, count }
      }, quiet)
    },
  }
}

export type PartitionStore = ReturnType<typeof createPartitionStore>

async function findNewest(tx: Tx, issuerId: string) {
  const row = await tx
    .selectFrom('revocation_lists')
    .select(['partition', 'places', 'address'])
    .where('issuer_id', '=', issuerId)
    .orderBy('partition', 'desc')
    .executeTakeFirst()
  return row ?? { partition: 0, places: 0, address: null }
}
