/** The allowed rate of attempts: some are free, further ones are increasingly slow. */
export interface Pace {
  /** This many failures are free, and this many are forgotten per hour. */
  freeFailures: number
  /** The pause after the first failure that is not free; it doubles after each `step` further ones. */
  firstSeconds: number
  step: number
  longestSeconds: number
}

/** How many failures there were at a time. */
export interface Failures {
  failures: number
  at: number
}

const hour = 3_600_000
const maxEntries = 10_000

const failuresAt = ({ freeFailures }: Pace, { failures, at }: Failures, now: number): number =>
  Math.max(0, failures - (Math.max(0, now - at) / hour) * freeFailures)

function pauseAfter({ freeFailures, firstSeconds, step, longestSeconds }: Pace, failures: number): number {
  if (Math.ceil(failures) < freeFailures) return 0
  const doublings = Math.min(30, Math.floor((Math.ceil(failures) - freeFailures) / step))
  return Math.min(longestSeconds, firstSeconds * 2 ** doublings) * 1000
}

/**
 * Returns the milliseconds until the next attempt is allowed; 0 if it is allowed now. It is the pause at most, should
 * the clock of another machine be ahead.
 */
export function millisecondsLeft(pace: Pace, found: Failures | undefined, now: number): number {
  if (found === undefined) return 0
  const pause = pauseAfter(pace, found.failures)
  return Math.max(0, Math.min(pause, found.at + pause - now))
}

/** Returns the failures with one more, which an attempt counts as from its beginning. */
export const addFailure = (pace: Pace, found: Failures | undefined, now: number): Failures => ({
  failures: (found === undefined ? 0 : failuresAt(pace, found, now)) + 1,
  at: now,
})

/** Returns the failures without an attempt that was none; undefined if no others are left. */
export const withoutOne = ({ failures, at }: Failures): Failures | undefined =>
  failures <= 1 ? undefined : { failures: failures - 1, at }

/** Returns when the last of the failures is forgotten. */
export const forgottenAt = ({ freeFailures }: Pace, { failures, at }: Failures): number =>
  Math.ceil(at + (failures / freeFailures) * hour)

/**
 * Counts failures by key in this process and returns how long the next attempt has to wait. Denied attempts in the
 * meantime are not counted: a pause ends at the announced time, whatever the number of attempts.
 */
export function createAttemptPace(pace: Pace) {
  const entries = new Map<string, Failures>()
  return {
    /** Returns the milliseconds until the next attempt is allowed; 0 if it is allowed now. */
    millisecondsLeft: (key: string, now: number): number => millisecondsLeft(pace, entries.get(key), now),
    /** Counts an attempt as a failure when it begins, so that concurrent attempts are counted too. */
    begin(key: string, now: number): void {
      const before = entries.get(key)
      entries.delete(key)
      entries.set(key, addFailure(pace, before, now))
      // The longest unchanged entry is dropped first. Displacing an entry takes as many attempts as there are
      // entries, and each computes a slow hash: that takes longer than the pauses that it would save.
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value ?? '')
    },
    /** Marks the attempt as failed: the pause begins now. */
    fail(key: string, now: number): void {
      const entry = entries.get(key)
      if (entry !== undefined) entry.at = now
    },
    /** Removes an attempt that was not a failure. */
    takeBack(key: string): void {
      const entry = entries.get(key)
      const left = entry && withoutOne(entry)
      if (left === undefined) entries.delete(key)
      else Object.assign(entry as Failures, left)
    },
    /** Removes the failures of `key`. */
    forget: (key: string) => entries.delete(key),
  }
}
