import { setTimeout as wait } from 'node:timers/promises'
import { latestVersion } from '../../src/storage/change-log.ts'
import type { Database } from '../../src/storage/database.ts'

/** How long gateways without their store are waited for, which follow when it returns. */
const longestMs = 5000

/**
 * Returns the function that waits until as many gateways as `count` gives, which have begun since `since` and have not
 * stopped, have confirmed the latest change.
 */
export function awaitFollowed({ queries }: Database, count: () => number, since: number) {
  const isFollowed = async (version: number): Promise<boolean> => {
    const gateways = await queries
      .selectFrom('gateways')
      .select(['confirmed_version', 'stopped_at'])
      .where('started_at', '>=', since)
      .execute()
    const follow = gateways.every((one) => one.stopped_at !== null || one.confirmed_version >= version)
    return follow && gateways.length >= count()
  }
  return async (): Promise<void> => {
    const version = await latestVersion(queries)
    const end = Date.now() + longestMs
    while (!(await isFollowed(version)) && Date.now() < end) await wait(10)
  }
}
