import { setTimeout as wait } from 'node:timers/promises'

const pollMilliseconds = 1000
const retryMilliseconds = 250
const catchUpMilliseconds = 500

/** How far the log has been read; the mark is that of the very row. */
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
export interface FollowParts {
  /** The next changes after a position; or why they cannot be told, see `findChanges` of the change log. */
  findChanges(position: Position): Promise<readonly Change[] | 'forgotten' | 'other-log'>
  /** Reads everything again and puts it in force; gives what is in force then. `isOtherLog`: the store went back. */
  reload(isOtherLog: boolean): Promise<Position>
  watch(wake: () => void): Promise<() => Promise<void>>
  /** Reads again what has changed and puts it in force. */
  apply(change: Change): Promise<void>
  /** Everything up to `version` is in force. */
  onConfirmed(version: number): void
  /** Everything that had been committed at this moment (`performance.now()`) is in force. */
  onCaughtUp?(asked: number): void
  /** Something was thrown; all of it is tried again in a moment. */
  onFailed(error: unknown): void
}

/** Somebody who follows the change log. */
export interface Follower {
  /** Puts in force what has been committed by now. Gives up in silence after half a second. */
  catchUp(): Promise<void>
  stop(): Promise<void>
}

/**
 * Puts every change after `start` in force, in order, until it is stopped. A lost wake-up costs
 * a second at most; while the store is away the gateway goes on with what it knows, and what
 * happened meanwhile is caught up by version. A store that was put back to an older state is noticed with the next read;
 * nothing of it is confirmed before all of it has been read again.
 */
export async function followChanges(parts: FollowParts, start: Position): Promise<Follower> {
  let position = start
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  let retry: NodeJS.Timeout | undefined

  const catchUp = async (): Promise<void> => {
    do {
      again = false
      const asked = performance.now()
      const found = await parts.findChanges(position)
      if (typeof found === 'string' || found.some(({ kind }) => kind === 'epoch')) {
        position = await parts.reload(found === 'other-log')
        parts.onConfirmed(position.version)
        again = true
        continue
      }
      for (const change of found) {
        await parts.apply(change)
        position = change
        parts.onConfirmed(position.version)
        again = true
      }
      if (!again) parts.onCaughtUp?.(asked)
    } while (again && !stopped)
  }
  const wake = (): void => {
    if (stopped) return
    again = true
    running ??= catchUp()
      .catch((error) => {
        parts.onFailed(error)
        clearTimeout(retry)
        retry = setTimeout(wake, retryMilliseconds)
      })
      .finally(() => {
        running = undefined
        // A wake-up that came after the last read and before this moment.
        if (again) wake()
      })
  }

  const timer = setInterval(wake, pollMilliseconds)
  const unwatch = await parts.watch(wake)
  wake()
  return {
    async catchUp() {
      wake()
      // What was under way may have ended just as it was woken; then another run follows it.
      const caughtUp = (async () => {
        await running
        await running
      })()
      await Promise.race([caughtUp, wait(catchUpMilliseconds, undefined, { ref: false })])
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
