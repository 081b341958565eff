/** Milliseconds since 1970 (UTC). Passed in wherever time decides something, so that a test can set it. */
export interface Clock {
  now(): number
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() }
