import { sql } from 'kysely'
import type { Tx } from './database.ts'

const minute = 60_000
/** How many sources are asked a minute where none hangs. */
const askedPerMinute = 240
const longestMs = 60 * minute

/**
 * Has all CAs asked again soon about the certificates that they issued, after a restore: what they have said since the
 * backup is lost, and when they were to be asked next may lie far ahead. Spread over the time that asking takes, at most an hour.
 */
export async function askOtherCasAgain(tx: Tx, now: number): Promise<void> {
  const { count } = await tx
    .selectFrom('external_checks')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('next_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const spreadMs = Math.min(longestMs, Math.ceil((Number(count) + 1) / askedPerMinute) * minute)
  // The moments at which they were asked last lie apart already.
  const soon = sql<number>`cast(${now} as bigint) + coalesce(asked_at, 0) % cast(${spreadMs} as bigint)`
  await tx.updateTable('external_checks').set({ next_at: soon }).where('next_at', '>', soon).execute()
}
