import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { describeFault, placeOf } from './describe-trouble.ts'
import { findStoreFault } from './engine.ts'
import type { StorageLocation } from './location.ts'
import type { StoreWatch } from './watch-store.ts'

const pauseMilliseconds = 500
/** A store that says nothing for so long is told of, though the attempt may still come to an end. */
const silenceMilliseconds = 3000
/** Well below what is left of the wait for a connection once the silence is long enough to be told. */
const silenceCheckMilliseconds = 250

/**
 * Gives what `work` gives as soon as the store lets it: `work` is tried again, from its beginning, while the store
 * cannot be used, and `watch` tells why. Any other failure is thrown, and `storage_unavailable` for a damaged store.
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

/** Tells while an attempt gets no answer at all; gives the function that stops it. */
function tellSilence(watch: StoreWatch): () => void {
  const started = performance.now()
  const timer = setInterval(() => {
    const silent = performance.now() - Math.max(started, watch.lastAnswerAt())
    if (silent >= silenceMilliseconds)
      watch.failed(Object.assign(new Error('the store says nothing'), { code: 'ETIMEDOUT' }))
  }, silenceCheckMilliseconds)
  return () => clearInterval(timer)
}
