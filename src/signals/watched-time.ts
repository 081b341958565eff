const day = 86_400_000

/** How long the gateways did not report completely on one day. */
export interface WatchGap {
  /** Start of the day (UTC), milliseconds since 1970. */
  day: number
  milliseconds: number
}

/** The time of which it is known whether gateways have reported every call. Times are milliseconds since 1970. */
export interface WatchedTime {
  /** Before, nobody looked. */
  since: number
  /** The latest moment up to which it is known. */
  until: number
  gaps: readonly WatchGap[]
}

/**
 * Returns for how much of the time from `since` to `now` every call was counted, milliseconds: gaps do not count, as
 * calls may have come in them. Of the first day all gaps are left out, so that it is rather too short than too long.
 */
export function watchedMs(watched: WatchedTime | undefined, since: number, now: number): number {
  if (watched === undefined) return 0
  const from = Math.max(since, watched.since)
  const until = Math.min(now, watched.until)
  const gaps = watched.gaps
    .filter((gap) => gap.day + day > from && gap.day < until)
    .reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  return Math.max(0, until - from - gaps)
}

/** Cuts a gap at the starts of days. */
export function splitByDay(from: number, until: number): WatchGap[] {
  const gaps: WatchGap[] = []
  for (let start = from; start < until; ) {
    const today = start - (start % day)
    const end = Math.min(until, today + day)
    gaps.push({ day: today, milliseconds: end - start })
    start = end
  }
  return gaps
}
