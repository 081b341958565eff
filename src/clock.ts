/** Milliseconds since 1970 (UTC). Passed in wherever time decides something, so that a test can set it. */
export interface Clock {
  now(): number
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() }

const day = 86_400_000

/**
 * The clock by which things that are over are forgotten. It is never further on than this process has lived, so that a
 * jump of the machine's clock forward forgets nothing; where the clock is set back afterwards, a revoked token would
 * count again. `elapsed` gives milliseconds that no change of the clock moves.
 */
export function createSteadyClock(clock: Clock, elapsed: () => number = () => performance.now()): Clock {
  const start = clock.now() - elapsed()
  return { now: () => Math.min(clock.now(), start + elapsed()) }
}

/** The same, a day behind: a process may have started while the clock was ahead. */
export function createForgettingClock(clock: Clock, elapsed?: () => number): Clock {
  const steady = createSteadyClock(clock, elapsed)
  return { now: () => steady.now() - day }
}
