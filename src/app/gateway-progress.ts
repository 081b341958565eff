import type { Follower } from '../gateway/registry/follow-changes.ts'

/** How far a gateway process keeps up with the store. */
export interface Progress {
  /** Puts in force what the store has by now; nothing before the store is followed. */
  catchUp(): Promise<void>
  /** Whether the store has been away for longer than what is known here may be trusted. */
  isStale(): boolean
  noteCaughtUp(originalRequest: number): void
  follow(follower: Follower): void
}

/** `staleSeconds` is for how long what is known may be trusted; null means for ever. */
export function createProgress(staleSeconds: number | null): Progress {
  let follower: Follower | undefined
  let caughtUpAt = performance.now()
  return {
    catchUp: async () => follower?.catchUp(),
    isStale: () => staleSeconds !== null && performance.now() - caughtUpAt > staleSeconds * 1000,
    noteCaughtUp(originalRequest) {
      caughtUpAt = originalRequest
    },
    follow(given) {
      follower = given
    },
  }
}
