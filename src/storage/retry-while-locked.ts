import { setTimeout as wait } from 'node:timers/promises'

/** SQLITE_BUSY: another connection holds the lock. Its extensions say more of the same in their upper octets. */
const busy = 5
/** Short, since a moment between two transactions of another process may be short too. */
const longestPauseMilliseconds = 5

/** Whether `error` says that another connection to the SQLite file holds a lock that is needed. */
export const isLocked = (error: unknown): boolean =>
  ((error as { errcode?: number }).errcode ?? 0) % 256 === busy

/** What SQLite itself says of a lock that lasts. */
export const lockedError = (): Error =>
  Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: busy })

/**
 * Does `work`, which needs a lock of a SQLite file, again and again until it gets it; SQLite's own waiting would hold
 * up the event loop. Throws what SQLite says where it is locked until `deadline` (`performance.now()`) or longer.
 */
export async function retryWhileLocked<T>(work: () => T, deadline: number): Promise<T> {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isLocked(error) || performance.now() >= deadline) throw error
    }
    await wait(1 + Math.random() * longestPauseMilliseconds)
  }
}
