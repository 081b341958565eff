import { setTimeout as wait } from 'node:timers/promises'
import type { TaskLease } from '../jobs/task-lease-store.ts'
import { isStoreUnavailable } from '../storage/engine.ts'

/** A scheduled task. */
export interface ScheduledTask {
  name: string
  everyMs: number
  /** Whether each portal of a deployment runs it, for its own memory, folder or log; else one of them does. */
  everywhere?: true
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

/** How often a process looks whether the tasks of the deployment are its own now. */
const lookMs = 1000

/**
 * Runs each task immediately and after each interval, never twice concurrently; the tasks of the deployment while this
 * process holds their lease. While the store is unavailable, a task reports it once. The returned function stops the
 * tasks, waits for running ones, and gives the lease up.
 */
export function startScheduledTasks(
  tasks: readonly ScheduledTask[],
  lease: TaskLease,
  onFailure: (name: string, error: unknown) => void,
): () => Promise<void> {
  const stop = new AbortController()
  const begun = lease.start()
  const repeat = async ({ name, everyMs, everywhere, work }: ScheduledTask): Promise<void> => {
    let isAway = false
    if (!everywhere) await begun
    while (!stop.signal.aborted) {
      const isOwn = everywhere || lease.isHeld()
      try {
        if (isOwn) await work()
        isAway = false
      } catch (error) {
        if (!(isAway && isStoreUnavailable(error))) onFailure(name, error)
        isAway = isStoreUnavailable(error)
      }
      await wait(isOwn ? everyMs : Math.min(everyMs, lookMs), undefined, { signal: stop.signal }).catch(
        () => {},
      )
    }
  }
  const running = tasks.map(repeat)
  return async () => {
    stop.abort()
    await Promise.all(running)
    await lease.stop()
  }
}
