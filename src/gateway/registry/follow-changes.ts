import { setTimeout as wait } from 'node:timers/promises'

const pollMs = 1000
const retryMs = 250
const catchUpMs = 500

/** The position in the log up to which it was read; `mark` belongs to that very row. */
interface Position {
  version: number
  mark: string
}

/** One row of the change log. */
interface Change extends Position {
  kind: string
  subjectId: string
}

/** What a follower reads and does. */
export interface FollowDependencies {
  /**
   * Returns the next changes after a position, or why they are unavailable; see `findChanges` of the change
   * log.
   */
  findChanges(position: Position): Promise<readonly Change[] | 'forgotten' | 'other-log'>
  /**
   * Reloads and applies everything; returns the applied position. `isOtherLog`: the store was restored to an
   * older state.
   */
  reload(isOtherLog: boolean): Promise<Position>
  watch(wake: () => void): Promise<() => Promise<void>>
  /** Reloads and applies what has changed. */
  apply(change: Change): Promise<void>
  /** Called when everything up to `version` is applied. */
  onConfirmed(version: number): void
  /** Called when everything committed by this time (`performance.now()`) is applied. */
  onCaughtUp?(originalRequest: number): void
  /** Something was thrown; all of it is tried again in a moment. */
  onFailed(error: unknown): void
}

/** A follower of the change log. */
export interface Follower {
  /** Applies what has been committed by now. Returns without it after half a second. */
  catchUp(): Promise<void>
  stop(): Promise<void>
}

/**
 * Applies every change after `start` in order, until it is stopped. A lost wake-up delays a change by at most
 * a second; while the store is unavailable the gateway continues with its current state, and later catches up
 * by version. A store that was restored to an older state is detected at the next read; nothing of it is
 * confirmed until everything is reloaded.
 */
export async function followChanges(dependencies: FollowDependencies, start: Position): Promise<Follower> {
  let position = start
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let retry: NodeJS.Timeout | undefined

  const catchUp = async (): Promise<void> => {
    do {
      again = false
      const originalRequest = performance.now()
      const found = await dependencies.findChanges(position)
      if (typeof found === 'string' || found.some(({ kind }) => kind === 'epoch')) {
        position = await dependencies.reload(found === 'other-log')
        dependencies.onConfirmed(position.version)
        again = true
        continue
      }
      for (const change of found) {
        await dependencies.apply(change)
        position = change
        dependencies.onConfirmed(position.version)
        again = true
      }
      if (!again) dependencies.onCaughtUp?.(originalRequest)
    } while (again && !stopped)
  }
  const wake = (): void => {
    if (stopped) return
    again = true
    running ??= catchUp()
      .catch((error) => {
        dependencies.onFailed(error)
        clearTimeout(retry)
        retry = setTimeout(wake, retryMs)
      })
      .finally(() => {
        running = undefined
        // A wake-up between the last read and this moment.
        if (again) wake()
      })
  }

  const timer = setInterval(wake, pollMs)
  const unwatch = await dependencies.watch(wake)
  wake()
  return {
    async catchUp() {
      wake()
      // The current run may have ended just when it was woken; another run follows it then.
      const caughtUp = (async () => {
        await running
        await running
      })()
      await Promise.race([caughtUp, wait(catchUpMs, undefined, { ref: false })])
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(retry)
      await running
      await unwatch()
    },
  }
}
