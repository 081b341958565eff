import { readStoreClock } from './store-clock.ts'
import type { Queries } from './transact.ts'

/** The leeway of token times. */
const leewayMs = 60_000
/** A start writes some records itself, with the clock in question. */
const rowsLookedAt = 200

/**
 * Returns whether the clock of this machine differs from that of the store by more than the leeway of token
 * times; `now` in milliseconds since 1970.
 */
export const isClockOff = async (queries: Queries, now: number): Promise<boolean> =>
  Math.abs(now - (await readStoreClock(queries))) > leewayMs

/**
 * Returns one sentence if the clock of this machine looks wrong at `now` (milliseconds since 1970): it
 * differs from that of the store, or the store has newer records. Returns undefined if it looks right.
 */
export async function findClockProblem(queries: Queries, now: number): Promise<string | undefined> {
  const offset = now - (await readStoreClock(queries))
  if (Math.abs(offset) > leewayMs)
    return `The clock of this machine (${toText(now)}) is ${describeSpan(offset)} ${offset > 0 ? 'ahead of' : 'behind'} that of the store. Set both by NTP: tokens and certificates are judged by it.`
  const newest = await findNewestRecord(queries)
  if (newest - now <= leewayMs) return undefined
  return `The clock of this machine (${toText(now)}) is older than the newest record of the store (${toText(newest)}, ${describeSpan(newest - now)} later): this clock is behind, or that record was written while a clock was ahead. Set the clock by NTP: tokens and certificates are judged by it.`
}

/**
 * Returns when the latest record of the store was written, by the clock of its writer; 0 if there is none.
 */
async function findNewestRecord(queries: Queries): Promise<number> {
  const lastOf = (table: 'audit' | 'changes', order: 'sequence' | 'version') =>
    queries.selectFrom(table).select('at').orderBy(order, 'desc').limit(rowsLookedAt).execute()
  const rows = await Promise.all([lastOf('audit', 'sequence'), lastOf('changes', 'version')])
  return Math.max(0, ...rows.flat().map(({ at }) => at))
}

const toText = (moment: number) => `${new Date(moment).toISOString().slice(0, 19)}Z`

/** Formats a duration in the largest unit of which it has at least two. */
function describeSpan(milliseconds: number): string {
  const minutes = Math.round(Math.abs(milliseconds) / 60_000)
  if (minutes < 120) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
