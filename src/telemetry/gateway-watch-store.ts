import type { Database } from '../storage/database.ts'
import { createGatewayStore } from './gateway-store.ts'
import { continueWatch, type GatewayWatch } from './judge-gateways.ts'

const day = 86_400_000
const keptMs = 30 * day
const name = 'gateways'

/** Creates the store that knows since when the gateways report without a gap. */
export function createGatewayWatchStore(database: Database) {
  const { queries } = database
  const gateways = createGatewayStore(database)

  const find = async (): Promise<GatewayWatch | undefined> =>
    queries
      .selectFrom('gateway_watches')
      .select(['since', 'seen_at as seenAt', 'reason', 'rejected_rows as rejectedRows'])
      .where('name', '=', name)
      .executeTakeFirst()

  return {
    find,

    /**
     * Looks after the gateways at `now`. Without a look for a minute there is a gap too, so that a portal that was down is
     * not taken for silence. A gateway that neither stopped nor reports is a gap for `goneMs`.
     */
    async look(now: number, goneMs: number): Promise<void> {
      const [watch, reports] = await Promise.all([find(), gateways.list(now - keptMs)])
      const next = continueWatch(watch, reports, { now, goneMs })
      const row = {
        since: next.since,
        seen_at: next.seenAt,
        reason: next.reason,
        rejected_rows: next.rejectedRows,
      }
      await queries
        .insertInto('gateway_watches')
        .values({ name, ...row })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
        .execute()
    },
  }
}

export type GatewayWatchStore = ReturnType<typeof createGatewayWatchStore>
