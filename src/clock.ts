/** Milliseconds since 1970 (UTC). Passed to everything that depends on time, so that a test can set it. */
export interface Clock {
  now(): number
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() }

const day = 86_400_000

/**
 * Returns the clock by which expired data is deleted. It never advances more than the process has run, so
 * that a jump of the machine's clock forward deletes nothing: after the clock is corrected, a revoked token
 * would be valid again. `elapsed` returns monotonic milliseconds.
 */
export function createMonotonicClock(clock: Clock, elapsed: () => number = () => performance.now()): Clock {
  const start = clock.now() - elapsed()
  // Whole milliseconds: PostgreSQL takes no fraction where a column holds a moment.
  return { now: () => Math.min(clock.now(), Math.floor(start + elapsed())) }
}

/**
 * Returns the same clock a day behind, since a process may have started while the machine's clock was ahead.
 */
export function createExpiringClock(clock: Clock, elapsed?: () => number): Clock {
  const steady = createMonotonicClock(clock, elapsed)
  return { now: () => steady.now() - day }
}
