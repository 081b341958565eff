import type { StorageLocation } from '../../src/storage/database.ts'
import { openUsageStore, type UsageStore } from '../../src/telemetry/usage-store.ts'

/** What gateways write their counts with. */
export type UsageWriter = UsageStore

/** Opens it, for tests of what reads the counts. */
export const openUsageWriter = (location: StorageLocation): Promise<UsageWriter> => openUsageStore(location)
