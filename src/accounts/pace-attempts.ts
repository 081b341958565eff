/** The allowed rate of attempts: some are free, further ones are increasingly slow. */
export interface Pace {
  /** This many failures are free, and this many are forgotten per hour. */
  freeFailures: number
  /** The pause after the first failure that is not free; it doubles after each `step` further ones. */
  firstSeconds: number
  step: number
  longestSeconds: number
}

interface Entry {
  failures: number
  at: number
}

const hour = 3_600_000
const maxEntries = 10_000

/**
 * Counts failures by key and returns how long the next attempt has to wait. Denied attempts in the meantime
 * are not counted: a pause ends at the announced time, whatever the number of attempts.
 */
export function createAttemptPace({ freeFailures, firstSeconds, step, longestSeconds: maxSeconds }: Pace) {
  const entries = new Map<string, Entry>()
  const failuresAt = ({ failures, at }: Entry, now: number): number =>
    Math.max(0, failures - (Math.max(0, now - at) / hour) * freeFailures)
  const pauseAfter = (failures: number): number => {
    if (Math.ceil(failures) < freeFailures) return 0
    const doublings = Math.min(30, Math.floor((Math.ceil(failures) - freeFailures) / step))
    return Math.min(maxSeconds, firstSeconds * 2 ** doublings) * 1000
  }

  return {
    /** Returns the milliseconds until the next attempt is allowed; 0 if it is allowed now. */
    millisecondsLeft(key: string, now: number): number {
      const entry = entries.get(key)
      return entry === undefined ? 0 : Math.max(0, entry.at + pauseAfter(entry.failures) - now)
    },
    /** Counts an attempt as a failure when it begins, so that concurrent attempts are counted too. */
    begin(key: string, now: number): void {
      const before = entries.get(key)
      const failures = before === undefined ? 0 : failuresAt(before, now)
      entries.delete(key)
      entries.set(key, { failures: failures + 1, at: now })
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
      if (entry === undefined) return
      if (entry.failures <= 1) entries.delete(key)
      else entry.failures -= 1
    },
    /** Removes the failures of `key`. */
    forget: (key: string) => entries.delete(key),
  }
}
