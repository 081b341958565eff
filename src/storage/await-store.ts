import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { describeFault, getPlace } from './describe-store-problem.ts'
import { findStoreFault } from './engine.ts'
import type { StorageLocation } from './location.ts'
import type { StoreWatch } from './watch-store.ts'

const pauseMs = 500
/** A store that is silent for this long is reported, even if the attempt may still succeed. */
const silenceMs = 3000
/** Well below the rest of the connection timeout after the silence is long enough to report. */
const silenceCheckMs = 250

/**
 * Returns the result of `work` as soon as the store is available: `work` is run again from its beginning
 * while the store is unavailable, and `watch` reports the reason. Throws any other failure, and
 * `storage_unavailable` for a damaged store.
 */
export async function awaitStore<T>(
  work: () => Promise<T>,
  watch: StoreWatch,
  location: StorageLocation,
): Promise<T> {
  for (;;) {
    const endSilence = reportSilence(watch)
    try {
      const result = await work()
      watch.succeeded()
      return result
    } catch (error) {
      const fault = findStoreFault(error)
      if (fault === undefined || error instanceof PosternError) throw error
      if (fault.trouble === 'damaged')
        throw new PosternError('storage_unavailable', describeFault(fault, getPlace(location)), {
          cause: error,
        })
      watch.failed(error)
    } finally {
      endSilence()
    }
    await wait(pauseMs)
  }
}

/** Reports an attempt without any answer; returns the function that stops reporting. */
function reportSilence(watch: StoreWatch): () => void {
  const started = performance.now()
  const timer = setInterval(() => {
    const silent = performance.now() - Math.max(started, watch.lastAnswerAt())
    if (silent >= silenceMs)
      watch.failed(Object.assign(new Error('the store says nothing'), { code: 'ETIMEDOUT' }))
  }, silenceCheckMs)
  return () => clearInterval(timer)
}
