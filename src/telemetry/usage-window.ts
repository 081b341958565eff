import type { DenialRange } from '../contract/denial.ts'
import type { UsageRange } from '../contract/usage.ts'
import { toText } from '../shapes/moment.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The span of each range, its length in milliseconds, and the number of spans. */
const spans: Record<UsageRange | DenialRange, { grain: string; milliseconds: number; count: number }> = {
  hour: { grain: 'minute', milliseconds: minute, count: 60 },
  day: { grain: 'hour', milliseconds: hour, count: 24 },
  week: { grain: 'hour', milliseconds: hour, count: 7 * 24 },
  month: { grain: 'day', milliseconds: day, count: 30 },
}

/** A range of time as every figure of it is counted; times are milliseconds since 1970. */
export interface UsageWindow {
  grain: string
  milliseconds: number
  count: number
  /** The start of the first span; the last one is the present one. */
  from: number
  to: number
}

/** Returns the window of a range at `now`: the same for calls, denied requests and certificates in use. */
export function getWindow(range: UsageRange | DenialRange, now: number): UsageWindow {
  const span = spans[range]
  const { milliseconds, count } = span
  return { ...span, from: now - (now % milliseconds) - (count - 1) * milliseconds, to: now }
}

/** Returns the window as answers state it. */
export const toWindowView = ({ from, to }: UsageWindow): { from: string; to: string } => ({
  from: toText(from),
  to: toText(to),
})
