import { setTimeout as wait } from 'node:timers/promises'
import { isStoreUnavailable } from './engine.ts'

const pauseMs = 250

/**
 * Runs `work` repeatedly while the store is unavailable, for `milliseconds`; for an effect outside of the
 * store that would happen twice if the store never recorded it. Throws any other failure, and the last one
 * after that time.
 */
export async function retryWhileUnavailable<T>(work: () => Promise<T>, milliseconds: number): Promise<T> {
  for (const end = performance.now() + milliseconds; ; await wait(pauseMs)) {
    try {
      return await work()
    } catch (error) {
      if (!isStoreUnavailable(error) || performance.now() >= end) throw error
    }
  }
}
