import { setTimeout as wait } from 'node:timers/promises'
import { isStoreAway } from '../storage/engine.ts'

/** A scheduled task. */
export interface Chore {
  name: string
  everyMilliseconds: number
  work(): Promise<unknown>
}

/** Does each chore once, one after the other; a failure is told, and the next one is done. */
export async function runChores(
  chores: readonly Chore[],
  onFailure: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { name, work } of chores)
    try {
      await work()
    } catch (error) {
      onFailure(name, error)
    }
}

/**
 * Runs each task immediately and after each interval, never twice concurrently. While the store is
 * unavailable, a task reports it once. The returned function stops the tasks, and waits for running ones.
 */
export function startChores(
  chores: readonly Chore[],
  onFailure: (name: string, error: unknown) => void,
): () => Promise<void> {
  const stop = new AbortController()
  const repeat = async ({ name, everyMilliseconds, work }: Chore): Promise<void> => {
    let isAway = false
    while (!stop.signal.aborted) {
      try {
        await work()
        isAway = false
      } catch (error) {
        if (!(isAway && isStoreAway(error))) onFailure(name, error)
        isAway = isStoreAway(error)
      }
      await wait(everyMilliseconds, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const running = chores.map(repeat)
  return async () => {
    stop.abort()
    await Promise.all(running)
  }
}
