import { type GatewayWatch, isWatched } from '../shapes/gateway-watch.ts'
import type { Database } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import { splitByDay, type WatchedTime } from './watched-time.ts'

const name = 'gateways'
const minute = 60_000
/** What is longer ago than the longest time that is asked for begins anew. */
const longestMs = 3650 * 86_400_000

/** Creates the store of the time of which it is known whether the gateways reported every call. */
export function createWatchedTimeStore(database: Database) {
  const { queries } = database

  const find = async (): Promise<Pick<WatchedTime, 'since' | 'until'> | undefined> =>
    queries.selectFrom('watched_times').select(['since', 'until']).where('name', '=', name).executeTakeFirst()

  return {
    /** Returns undefined before the first look. */
    async read(): Promise<WatchedTime | undefined> {
      const known = await find()
      if (known === undefined) return undefined
      const gaps = await queries
        .selectFrom('watch_gaps')
        .select(['day', 'milliseconds'])
        .orderBy('day')
        .execute()
      return { ...known, gaps }
    },

    /**
     * Notes what is known at `now` from the watch of the gateways. What lies between the last note and the time since
     * which they report without a gap is a gap. A note of the future, by a clock that was ahead, is forgotten.
     */
    async note(watch: GatewayWatch | undefined, now: number): Promise<void> {
      if (!isWatched(watch, now)) return
      const known = await find()
      const until = Math.min(watch.seenAt, now)
      const isAhead = known !== undefined && known.until > now + minute
      if (known === undefined || isAhead || watch.since - known.until > longestMs) {
        const row = { since: watch.since, until }
        await queries
          .insertInto('watched_times')
          .values({ name, ...row })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
          .execute()
        return
      }
      if (until <= known.until) return
      const gaps = splitByDay(known.until, Math.min(watch.since, until))
      await database.transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('watched_times')
          .set({ until })
          .where('name', '=', name)
          .where('until', '=', known.until)
          .executeTakeFirst()
        // Another process has noted it.
        if (Number(numUpdatedRows) !== 1) return
        for (const gap of gaps)
          await tx
            .insertInto('watch_gaps')
            .values(gap)
            .onConflict((conflict) =>
              conflict.column('day').doUpdateSet((e) => ({
                milliseconds: e('watch_gaps.milliseconds', '+', e.ref('excluded.milliseconds')),
              })),
            )
            .execute()
      }, quiet)
    },
  }
}

export type WatchedTimeStore = ReturnType<typeof createWatchedTimeStore>
