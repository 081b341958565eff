import type { Clock } from '../clock.ts'
import { createSleepWatch, type SleepWatch } from '../gateway/access/sleep-watch.ts'
import type { Log } from '../gateway/log/log.ts'
import type { Follower } from '../gateway/registry/follow-changes.ts'
import type { Hearing } from '../storage/wake-up.ts'

/** How far a gateway process keeps up with the store. */
export interface Progress {
  /** Puts in force what the store has by now; nothing before the store is followed. */
  catchUp(): Promise<void>
  /** Whether the store has been away for longer than what is known here may be trusted. */
  isStale(): boolean
  /** Whether the process slept, and may not know what happened meanwhile. */
  wasAsleep: SleepWatch['wasAsleep']
  watchSleep: SleepWatch['start']
  /** Returns how old the state of the store is that is in force here. */
  lagSeconds(): number
  noteCaughtUp(originalRequest: number): void
  /** Whether the store is proven not to wake this process, so that it asks. */
  isUnheard(): boolean
  noteHearing(hearing: Hearing): void
  follow(follower: Follower): void
}

const sentences = {
  unheard:
    'No notification of PostgreSQL reaches this gateway, as behind a pooler in transaction mode: it asks for changes ten times a second.',
  heard: 'Notifications of PostgreSQL reach this gateway again.',
}

/** `staleSeconds` is for how long what is known may be trusted; null means for ever. It may change. */
export function createProgress(
  settings: { readonly staleSeconds: number | null },
  { clock, log }: { clock: Clock; log: Log },
): Progress {
  let follower: Follower | undefined
  let caughtUpAt = performance.now()
  const sleep = createSleepWatch(clock)
  let isUnheard = false
  const lagSeconds = () => (performance.now() - caughtUpAt + sleep.missedMs()) / 1000
  return {
    catchUp: async () => follower?.catchUp(),
    isStale: () => settings.staleSeconds !== null && lagSeconds() > settings.staleSeconds,
    wasAsleep: sleep.wasAsleep,
    watchSleep: sleep.start,
    lagSeconds,
    noteCaughtUp(originalRequest) {
      caughtUpAt = originalRequest
      sleep.noteCaughtUp(originalRequest)
    },
    isUnheard: () => isUnheard,
    noteHearing(hearing) {
      // A store that is away for a while says nothing about it.
      if (hearing === 'unknown' || isUnheard === (hearing === 'no')) return
      isUnheard = !isUnheard
      if (isUnheard) log.warn({ notifications: 'none' }, sentences.unheard)
      else log.warn({ notifications: 'heard' }, sentences.heard)
    },
    follow(given) {
      follower = given
    },
  }
}
