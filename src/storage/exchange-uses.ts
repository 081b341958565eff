import type { OtherUses, Use } from '../shared-uses.ts'
import type { Queries } from './database.ts'
import { readStoreClock } from './store-clock.ts'

/** Reports that are older say nothing of the present. */
const recentMs = 60_000

/**
 * Writes what this process has used of shared limits, if there is news, and reads what the other processes have reported
 * within a minute: one row for each process, however many subjects it has.
 */
export async function exchangeUses(
  queries: Queries,
  table: 'portal_uses' | 'gateway_uses',
  { process, uses }: { process: string; uses?: readonly Use[] | undefined },
): Promise<OtherUses> {
  const now = await readStoreClock(queries)
  if (uses !== undefined) {
    const seen = { seen_at: now, uses: JSON.stringify(uses) }
    await queries
      .insertInto(table)
      .values({ process, began_at: now, ...seen })
      .onConflict((conflict) => conflict.column('process').doUpdateSet(seen))
      .execute()
  }
  const rows = await queries
    .selectFrom(table)
    .select(['process', 'began_at', 'uses'])
    .where('process', '<>', process)
    .where('seen_at', '>', now - recentMs)
    .execute()
  return {
    now,
    others: rows.map(({ process: other, began_at: beganAt, uses: text }) => ({
      process: other,
      beganAt,
      uses: JSON.parse(text) as Use[],
    })),
  }
}
