import type { Queries } from './database.ts'

const hoursPerStep = 24
const hourMs = 3_600_000

/**
 * Deletes the rows of hours before `before` (milliseconds since 1970), one day at a time, to keep
 * transactions short.
 */
export async function deleteOldHours(
  queries: Queries,
  table: 'readiness_hours' | 'refusal_hours',
  before: number,
): Promise<void> {
  for (;;) {
    const oldest = await queries
      .selectFrom(table)
      .select('hour')
      .where('hour', '<', before)
      .orderBy('hour')
      .limit(1)
      .executeTakeFirst()
    if (oldest === undefined) return
    const until = Math.min(before, oldest.hour + hoursPerStep * hourMs)
    await queries.deleteFrom(table).where('hour', '<', until).execute()
  }
}
