import { setTimeout as wait } from 'node:timers/promises'
import { isStoreAway } from './engine.ts'

const pauseMilliseconds = 250

/**
 * Runs `work` repeatedly while the store is unavailable, for `milliseconds`; for an effect outside of the
 * store that would happen twice if the store never recorded it. Throws any other failure, and the last one
 * after that time.
 */
export async function retryWhileAway<T>(work: () => Promise<T>, milliseconds: number): Promise<T> {
  for (const end = performance.now() + milliseconds; ; await wait(pauseMilliseconds)) {
    try {
      return await work()
    } catch (error) {
      if (!isStoreAway(error) || performance.now() >= end) throw error
    }
  }
}
