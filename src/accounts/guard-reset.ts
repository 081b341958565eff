import { getClientSource } from '../client-source.ts'
import type { Clock } from '../clock.ts'
import { tooManyAttempts } from './guard-sign-in.ts'
import { createAttemptPace } from './pace-attempts.ts'

/** For requests of one client for one account. */
const ownPace = { freeFailures: 5, firstSeconds: 10, step: 5, longestSeconds: 120 }
/** For requests of one client for any account. */
const addressPace = { freeFailures: 20, firstSeconds: 10, step: 10, longestSeconds: 120 }

/**
 * Slows down requests for emails to choose a new password. It counts what is asked for and never what exists, so that
 * its answers say nothing about accounts. How many emails a user gets is limited in the store.
 */
export function createResetGuard(clock: Clock) {
  const [own, addresses] = [createAttemptPace(ownPace), createAttemptPace(addressPace)]
  return {
    /** Counts a request; `address` is undefined if many clients share it. Throws `too_many_requests`. */
    admit({ email, address }: { email: string; address: string | undefined }): void {
      const source = address && getClientSource(address)
      const checks = [{ pace: own, key: `${source ?? 'shared'} ${email}` }]
      if (source !== undefined) checks.push({ pace: addresses, key: source })
      const now = clock.now()
      const left = Math.max(...checks.map(({ pace, key }) => pace.millisecondsLeft(key, now)))
      if (left > 0) throw tooManyAttempts(left)
      for (const { pace, key } of checks) pace.begin(key, now)
    },
  }
}

export type ResetGuard = ReturnType<typeof createResetGuard>
