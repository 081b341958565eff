import { createFairQueue } from './fair-queue.ts'

/** Who has waited for so long fails with the failure that all would meet, milliseconds. */
const patientMilliseconds = 1000

interface Waiting {
  since: number
  go(): void
  fail(error: unknown): void
}

/**
 * Lets at most `most` pieces of work run at a time; who waits is taken in turns, so that the backlog of one
 * organization does not stand before the first piece of another. Where a piece fails in a way that `concernsAll`, so
 * do those that have waited for a second: each would else wait for the same failure of all those before it.
 */
export function takeTurns(
  most: number,
  concernsAll: (error: unknown) => boolean = () => false,
): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting = createFairQueue<Waiting>()
  let running = 0
  const failAll = (error: unknown): void => {
    const since = performance.now() - patientMilliseconds
    for (const one of waiting.remove((each) => each.since <= since)) one.fail(error)
  }
  return async (work) => {
    // Who ends hands over its place, so that nobody slips in between.
    if (running >= most)
      await new Promise<void>((go, fail) => waiting.push({ since: performance.now(), go, fail }))
    else running += 1
    try {
      return await work()
    } catch (error) {
      if (concernsAll(error)) failAll(error)
      throw error
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next.go()
    }
  }
}
