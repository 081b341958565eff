import { createFairQueue } from './fair-queue.ts'

/** After this wait, a piece of work fails with the failure that all would meet, milliseconds. */
const patientMs = 1000

interface Waiting {
  since: number
  go(): void
  fail(error: unknown): void
}

/**
 * Limits concurrent work to `most`; waiting work takes turns, so that the backlog of one organization does
 * not delay the first piece of another. If a piece fails in a way that `concernsAll`, so do those that have
 * waited for a second: each would otherwise wait for the same failure of all those before it.
 */
export function takeTurns(
  most: number,
  concernsAll: (error: unknown) => boolean = () => false,
): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting = createFairQueue<Waiting>()
  let running = 0
  const failAll = (error: unknown): void => {
    const since = performance.now() - patientMs
    for (const one of waiting.remove((each) => each.since <= since)) one.fail(error)
  }
  return async (work) => {
    // A finished piece hands over its slot, so that no new one takes it first.
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
