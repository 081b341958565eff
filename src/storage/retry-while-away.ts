import { setTimeout as wait } from 'node:timers/promises'
import { isStoreAway } from './engine.ts'

const pauseMilliseconds = 250

/**
 * Does `work` again and again while the store cannot be used, for `milliseconds`; for what has happened outside of the
 * store and would happen twice if the store never learned of it. Throws what stands in the way otherwise, or until then.
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
