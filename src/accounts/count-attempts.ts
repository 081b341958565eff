import { createAttemptPace, type Pace } from './pace-attempts.ts'

/** A pace with the name by which its failures are kept. */
export interface AttemptLimit extends Pace {
  name: string
}

/** An account, address or device under one limit. */
export interface CountedKey {
  limit: AttemptLimit
  key: string
}

/** How an attempt ended: it failed, it was no attempt on the secret, or it shows that the failures were the user's own. */
export type AttemptEnd = 'failed' | 'taken back' | 'forgotten'

/** Counts attempts to prove a secret. */
export interface AttemptCounter {
  /**
   * Counts an attempt under all keys as failed from its beginning, so that concurrent attempts are counted too, and
   * returns 0; or counts nothing, and returns the milliseconds until an attempt is allowed.
   */
  begin(keys: readonly CountedKey[], now: number): Promise<number>
  /** Says how an attempt that was counted has ended. */
  end(keys: readonly (CountedKey & { end: AttemptEnd })[], now: number): Promise<void>
}

/** A counter that can take over what another one has admitted. */
export interface LocalAttempts extends AttemptCounter {
  /** Counts an attempt that was admitted elsewhere. */
  count(keys: readonly CountedKey[], now: number): void
}

/** Creates the counter of a process that shares its attempts with no other. */
export function createLocalAttempts(): LocalAttempts {
  const paces = new Map<string, ReturnType<typeof createAttemptPace>>()
  const paceOf = (limit: AttemptLimit) => {
    const pace = paces.get(limit.name) ?? createAttemptPace(limit)
    paces.set(limit.name, pace)
    return pace
  }
  const count: LocalAttempts['count'] = (keys, now) => {
    for (const { limit, key } of keys) paceOf(limit).begin(key, now)
  }
  return {
    count,
    async begin(keys, now) {
      const left = Math.max(...keys.map(({ limit, key }) => paceOf(limit).millisecondsLeft(key, now)))
      if (left === 0) count(keys, now)
      return left
    },
    async end(keys, now) {
      for (const { limit, key, end } of keys) {
        const pace = paceOf(limit)
        if (end === 'failed') pace.fail(key, now)
        else if (end === 'forgotten') pace.forget(key)
        else pace.takeBack(key)
      }
    },
  }
}
