import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { describeFault, placeOf } from './describe-trouble.ts'
import { findStoreFault } from './engine.ts'
import type { StorageLocation } from './location.ts'
import type { StoreWatch } from './watch-store.ts'

const pauseMilliseconds = 500
/** A store that is silent for this long is reported, even if the attempt may still succeed. */
const silenceMilliseconds = 3000
/** Well below the rest of the connection timeout after the silence is long enough to report. */
const silenceCheckMilliseconds = 250

/**
 * Returns the result of `work` as soon as the store is available: `work` is run again from its beginning
 * while the store is unavailable, and `watch` reports the reason. Throws any other failure, and
 * `storage_unavailable` for a damaged store.
 */
export async function untilStoreLets<T>(
  work: () => Promise<T>,
  watch: StoreWatch,
  location: StorageLocation,
): Promise<T> {
  for (;;) {
    const endSilence = tellSilence(watch)
    try {
      const result = await work()
      watch.succeeded()
      return result
    } catch (error) {
      const fault = findStoreFault(error)
      if (fault === undefined || error instanceof PosternError) throw error
      if (fault.trouble === 'damaged')
        throw new PosternError('storage_unavailable', describeFault(fault, placeOf(location)), {
          cause: error,
        })
      watch.failed(error)
    } finally {
      endSilence()
    }
    await wait(pauseMilliseconds)
  }
}

/** Reports an attempt without any answer; returns the function that stops reporting. */
function tellSilence(watch: StoreWatch): () => void {
  const started = performance.now()
  const timer = setInterval(() => {
    const silent = performance.now() - Math.max(started, watch.lastAnswerAt())
    if (silent >= silenceMilliseconds)
      watch.failed(Object.assign(new Error('the store says nothing'), { code: 'ETIMEDOUT' }))
  }, silenceCheckMilliseconds)
  return () => clearInterval(timer)
}
