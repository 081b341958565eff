import { setTimeout as wait } from 'node:timers/promises'

/** SQLITE_BUSY: another connection holds the lock. Extended codes add details in their upper octets. */
const busy = 5
/** Short, since the pause between two transactions of another process may be short too. */
const maxPauseMs = 5

/** Returns whether `error` says that another connection to the SQLite file holds a required lock. */
export const isLocked = (error: unknown): boolean =>
  ((error as { errcode?: number }).errcode ?? 0) % 256 === busy

/** Returns SQLite's own error for a lasting lock. */
export const lockedError = (): Error =>
  Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: busy })

/**
 * Runs `work`, which needs a lock of a SQLite file, repeatedly until it gets the lock; SQLite's own waiting
 * would block the event loop. Throws SQLite's error if the file is still locked at `deadline`
 * (`performance.now()`).
 */
export async function retryWhileLocked<T>(work: () => T, deadline: number): Promise<T> {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isLocked(error) || performance.now() >= deadline) throw error
    }
    await wait(1 + Math.random() * maxPauseMs)
  }
}
