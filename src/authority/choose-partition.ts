import { formatListName } from '../pki/status/revocation-list-name.ts'
import type { PartitionStore, Places } from './partition-store.ts'
import type { Publisher } from './publish-revocation-list.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

/** How many certificates name one partition at most, and so how many entries its list has at most. */
const partitionSize = 10_000
/** Taken at once, so that few certificates cost a transaction of their own; lost when the process ends. */
const placesAtOnce = 100

/** What partitions are chosen with. */
export interface PartitionParts {
  partitions: PartitionStore
  lists: RevocationListStore
  publisher: Publisher
  /** Another size than that of the product, for tests. */
  size?: number
}

/**
 * Gives the partition that the next certificate of an issuer is to name: one after another, each until it
 * has `size`. The list of a new one is published before any certificate names it.
 */
export function createPartitionChoice({
  partitions,
  lists,
  publisher,
  size = partitionSize,
}: PartitionParts) {
  const taken = new Map<string, Places>()

  const taking = new Map<string, Promise<void>>()

  const takePlaces = async (issuerId: string): Promise<void> => {
    const places = await partitions.take(issuerId, placesAtOnce, size)
    const { partition } = places
    if ((await lists.find({ issuerId, partition })) === undefined)
      await publisher.publish(formatListName({ issuerId, partition }))
    taken.set(issuerId, places)
  }

  /** Those who find no place at the same moment wait for the same ones. */
  const takeTogether = (issuerId: string): Promise<void> => {
    const current = taking.get(issuerId) ?? takePlaces(issuerId).finally(() => taking.delete(issuerId))
    taking.set(issuerId, current)
    return current
  }

  return {
    async choose(issuerId: string): Promise<{ partition: number; address: string }> {
      for (;;) {
        const places = taken.get(issuerId)
        if (places !== undefined && places.count > 0) {
          places.count -= 1
          return { partition: places.partition, address: places.address }
        }
        await takeTogether(issuerId)
      }
    },
  }
}
