import type { Clock } from '../../clock.ts'

const beatMs = 500
/** Longer than a busy process goes without a turn of its timers. */
const asleepMs = 3000
/** Where the store cannot say what happened meanwhile, calls wait for it no longer after this time. */
const patienceMs = 2000

/** Notices that the process did not run for a while: it was stopped, or its machine was suspended. */
export interface SleepWatch {
  /** Whether it slept, and what was committed meanwhile may not be in force here yet. */
  wasAsleep(): boolean
  /** Milliseconds that `elapsed` knows nothing of, since all that was committed was last in force. */
  missedMs(): number
  /** All that was committed by `originalRequest` (`elapsed`, milliseconds) is in force. */
  noteCaughtUp(originalRequest: number): void
  /** Watches until the returned function is called. */
  start(): () => void
}

/**
 * Creates a watch that nothing starts by itself. The monotonic time `elapsed` (milliseconds) stands still while a machine
 * is suspended, and `clock` does not, so that both are compared with what they were. A clock that is set forward looks
 * the same: calls then wait once for the store, which harms none.
 */
export function createSleepWatch(clock: Clock, elapsed: () => number = () => performance.now()): SleepWatch {
  let isStarted = false
  let beat = { elapsed: 0, clock: 0 }
  let wokeAt: number | undefined
  let lastWokeAt = Number.NEGATIVE_INFINITY
  let missedMs = 0
  const look = (): void => {
    const now = { elapsed: elapsed(), clock: clock.now() }
    const ran = now.elapsed - beat.elapsed
    const passed = now.clock - beat.clock
    if (Math.max(ran, passed) > asleepMs) {
      wokeAt = now.elapsed
      lastWokeAt = now.elapsed
      missedMs += Math.max(0, passed - ran)
    }
    beat = now
  }
  return {
    wasAsleep() {
      if (!isStarted) return false
      look()
      if (wokeAt !== undefined && beat.elapsed - wokeAt > patienceMs) wokeAt = undefined
      return wokeAt !== undefined
    },
    missedMs() {
      if (isStarted) look()
      return missedMs
    },
    noteCaughtUp(originalRequest) {
      if (originalRequest < lastWokeAt) return
      wokeAt = undefined
      missedMs = 0
    },
    start() {
      isStarted = true
      beat = { elapsed: elapsed(), clock: clock.now() }
      const timer = setInterval(look, beatMs)
      timer.unref()
      return () => clearInterval(timer)
    },
  }
}
