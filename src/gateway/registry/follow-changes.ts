import { setTimeout as wait } from 'node:timers/promises'

/** How often a follower asks that is woken. */
const pollMs = 1000
/** The same for one that is not; it pauses at least for as long as the store took to answer. */
const unheardPollMs = 100
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
  /** How many changes are found at most: fewer are all that there were. */
  changesPerRead: number
  /**
   * Runs `work`, which finds and applies changes, where they are to be read; not at all if there are none after
   * `position`. It may run again where it failed.
   */
  readChanges?(position: Position, work: () => Promise<void>): Promise<void>
  /**
   * Reloads and applies everything; returns the applied position. `isOtherLog`: the store was restored to an
   * older state.
   */
  reload(isOtherLog: boolean): Promise<Position>
  /** Calls `wake` when something was committed; tells whether it can. */
  watch(wake: () => void, onHearing: (isHearing: boolean) => void): Promise<() => Promise<void>>
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
 * a second, and by a tenth where the store cannot wake; wake-ups during a read lead to one further read. While the store is unavailable the gateway continues with its current state, and later catches up
 * by version. A store that was restored to an older state is detected at the next read; nothing of it is
 * confirmed until everything is reloaded.
 */
export async function followChanges(dependencies: FollowDependencies, start: Position): Promise<Follower> {
  let position = start
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let next: NodeJS.Timeout | undefined
  let isHearing = false
  let tookMs = 0

  const applyNext = async (): Promise<void> => {
    const found = await dependencies.findChanges(position)
    if (typeof found === 'string' || found.some(({ kind }) => kind === 'epoch')) {
      position = await dependencies.reload(found === 'other-log')
      dependencies.onConfirmed(position.version)
      again = true
      return
    }
    for (const change of found) {
      await dependencies.apply(change)
      position = change
      dependencies.onConfirmed(position.version)
    }
    // Otherwise each gateway would ask a second time for every change.
    if (found.length >= dependencies.changesPerRead) again = true
  }
  const catchUp = async (): Promise<void> => {
    do {
      again = false
      const originalRequest = performance.now()
      if (dependencies.readChanges === undefined) await applyNext()
      else await dependencies.readChanges(position, applyNext)
      if (again) continue
      tookMs = performance.now() - originalRequest
      dependencies.onCaughtUp?.(originalRequest)
    } while (again && !stopped)
  }
  const getPauseMs = (): number => (isHearing ? pollMs : Math.min(pollMs, Math.max(unheardPollMs, tookMs)))
  const wakeIn = (milliseconds: number): void => {
    clearTimeout(next)
    if (!stopped) next = setTimeout(wake, milliseconds)
  }
  const wake = (): void => {
    if (stopped) return
    again = true
    running ??= catchUp()
      .then(
        () => wakeIn(getPauseMs()),
        (error) => {
          dependencies.onFailed(error)
          wakeIn(retryMs)
        },
      )
      .finally(() => {
        running = undefined
        // A wake-up between the last read and this moment.
        if (again) wake()
      })
  }

  const unwatch = await dependencies.watch(wake, (is) => {
    isHearing = is
    // The present pause may be that of a follower that is woken.
    if (!is) wake()
  })
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
      clearTimeout(next)
      await running
      await unwatch()
    },
  }
}
