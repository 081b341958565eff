import { createFairQueue } from './fair-queue.ts'

/**
 * Lets at most `most` pieces of work run at a time; who waits is taken in turns, so that the backlog of one
 * organization does not stand before the first piece of another.
 */
export function takeTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting = createFairQueue<() => void>()
  let running = 0
  return async (work) => {
    // Who ends hands over its place, so that nobody slips in between.
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
