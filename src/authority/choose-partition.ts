import { formatListName } from '../pki/status/revocation-list-name.ts'
import type { PartitionStore, Places } from './partition-store.ts'
import type { Publisher } from './publish-revocation-list.ts'
import type { RevocationListStore } from './revocation-list-store.ts'

/** Maximum number of certificates that name one CRL partition, and so of entries in its CRL. */
const partitionSize = 10_000
/**
 * Number of entries that are reserved together, so that few certificates need their own transaction; unused
 * ones are lost when the process ends.
 */
const placesAtOnce = 100

/** The dependencies of the choice of a partition. */
export interface PartitionDependencies {
  partitions: PartitionStore
  lists: RevocationListStore
  publisher: Publisher
  /** Overrides the default size, for tests. */
  size?: number
}

/**
 * Returns a function that chooses the CRL partition for the next certificate of an issuer: one after the
 * other, each until it has `size` certificates. The CRL of a new partition is published before any
 * certificate names it.
 */
export function createPartitionChoice({
  partitions,
  lists,
  publisher,
  size = partitionSize,
}: PartitionDependencies) {
  const taken = new Map<string, Places>()

  const taking = new Map<string, Promise<void>>()

  const takePlaces = async (issuerId: string): Promise<void> => {
    const places = await partitions.take(issuerId, placesAtOnce, size)
    const { partition } = places
    if ((await lists.find({ issuerId, partition })) === undefined)
      await publisher.publish(formatListName({ issuerId, partition }))
    taken.set(issuerId, places)
  }

  /** Concurrent callers without a reservation share the next one. */
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
