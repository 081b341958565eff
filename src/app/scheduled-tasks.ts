import { setTimeout as wait } from 'node:timers/promises'
import { isStoreUnavailable } from '../storage/engine.ts'

/** A scheduled task. */
export interface ScheduledTask {
  name: string
  everyMs: number
  work(): Promise<unknown>
}

/** Does each chore once, one after the other; a failure is told, and the next one is done. */
export async function runChores(
  tasks: readonly ScheduledTask[],
  onFailure: (name: string, error: unknown) => void,
): Promise<void> {
  for (const { name, work } of tasks)
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
export function startScheduledTasks(
  tasks: readonly ScheduledTask[],
  onFailure: (name: string, error: unknown) => void,
): () => Promise<void> {
  const stop = new AbortController()
  const repeat = async ({ name, everyMs, work }: ScheduledTask): Promise<void> => {
    let isAway = false
    while (!stop.signal.aborted) {
      try {
        await work()
        isAway = false
      } catch (error) {
        if (!(isAway && isStoreUnavailable(error))) onFailure(name, error)
        isAway = isStoreUnavailable(error)
      }
      await wait(everyMs, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const running = tasks.map(repeat)
  return async () => {
    stop.abort()
    await Promise.all(running)
  }
}
