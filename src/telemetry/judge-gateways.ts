import { silenceMs } from './describe-reach.ts'
import type { GatewayRecord } from './gateway-store.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Counts of a gateway are complete up to so long ago. */
const lateMs = minute
/** A gateway whose clock is wrong by more writes its counts into the wrong time. */
const wrongClockMs = minute
/** Looks are five seconds apart: what happened between two that are further apart was not watched. */
const maxPauseMs = minute

/** Since when the gateways report without a gap. Times are milliseconds since 1970. */
export interface GatewayWatch {
  /** Advances with each look while there is a gap. */
  since: number
  seenAt: number
  /** What ended the time before `since`. */
  reason: string
  /** What the store has rejected of all reports, at `seenAt`. */
  rejectedRows: number
}

type Report = Pick<
  GatewayRecord,
  'seenAt' | 'stoppedAt' | 'lagMilliseconds' | 'clockOffsetMilliseconds' | 'rejectedRows'
>

/**
 * Returns why calls may be missing in what gateways report; undefined if none are. A process that has neither stopped
 * nor reported may still serve calls that nobody counts; it is given up after `goneMs`.
 */
export function findGap(reports: readonly Report[], now: number, goneMs: number): string | undefined {
  const open = reports.filter(({ stoppedAt }) => stoppedAt === null)
  const running = open.filter(({ seenAt }) => now - seenAt <= silenceMs)
  if (running.length === 0) return 'none_running'
  if (open.some(({ seenAt }) => now - seenAt > silenceMs && now - seenAt <= goneMs)) return 'not_reporting'
  if (running.some(({ lagMilliseconds }) => lagMilliseconds > lateMs)) return 'late'
  if (running.some(({ clockOffsetMilliseconds: offset }) => Math.abs(offset) > wrongClockMs))
    return 'clock_wrong'
  return undefined
}

/**
 * Returns how long a gateway that neither stopped nor reports is a gap, milliseconds: while it may serve calls without
 * the store, and for the longest time whose silence anybody asks for. Without `staleSeconds` it serves them for ever.
 */
export function findGoneMs(
  staleSeconds: number | null,
  environments: readonly { retirementSilenceHours: number; enforcementWindowHours: number }[],
): number {
  const asked = environments.flatMap((one) => [one.retirementSilenceHours, one.enforcementWindowHours])
  return Math.max(staleSeconds === null ? day : staleSeconds * 1000, ...asked.map((hours) => hours * hour))
}

/** Returns the watch after a look at `now`. */
export function continueWatch(
  watch: GatewayWatch | undefined,
  reports: readonly Report[],
  { now, goneMs }: { now: number; goneMs: number },
): GatewayWatch {
  const rejectedRows = reports.reduce((sum, report) => sum + report.rejectedRows, 0)
  const looked = { seenAt: now, rejectedRows }
  const gap = findGap(reports, now, goneMs) ?? findPause(watch, now, rejectedRows)
  if (gap === undefined && watch !== undefined) return { ...watch, ...looked }
  return { ...looked, since: now, reason: gap ?? 'not_watched' }
}

function findPause(watch: GatewayWatch | undefined, now: number, rejectedRows: number): string | undefined {
  // A clock that was set back says nothing about the time between.
  if (watch === undefined || now - watch.seenAt > maxPauseMs || now < watch.seenAt) return 'not_watched'
  return rejectedRows > watch.rejectedRows ? 'rows_rejected' : undefined
}
