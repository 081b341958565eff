import type { Follower } from '../gateway/registry/follow-changes.ts'

/** How far a gateway process keeps up with the store. */
export interface Progress {
  /** Puts in force what the store has by now; nothing before the store is followed. */
  catchUp(): Promise<void>
  /** Whether the store has been away for longer than what is known here may be trusted. */
  isStale(): boolean
  /** Returns how old the state of the store is that is in force here. */
  lagSeconds(): number
  noteCaughtUp(originalRequest: number): void
  follow(follower: Follower): void
}

/** `staleSeconds` is for how long what is known may be trusted; null means for ever. It may change. */
export function createProgress(settings: { readonly staleSeconds: number | null }): Progress {
  let follower: Follower | undefined
  let caughtUpAt = performance.now()
  const lagSeconds = () => (performance.now() - caughtUpAt) / 1000
  return {
    catchUp: async () => follower?.catchUp(),
    isStale: () => settings.staleSeconds !== null && lagSeconds() > settings.staleSeconds,
    lagSeconds,
    noteCaughtUp(originalRequest) {
      caughtUpAt = originalRequest
    },
    follow(given) {
      follower = given
    },
  }
}
