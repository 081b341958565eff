import { getClientSource } from '../client-source.ts'
import type { Clock } from '../clock.ts'
import {
  type AttemptCounter,
  type AttemptLimit,
  type CountedKey,
  createLocalAttempts,
} from './count-attempts.ts'
import { tooManyAttempts } from './guard-sign-in.ts'

/** For requests of one client for one account. */
const ownLimit: AttemptLimit = {
  name: 'reset own',
  freeFailures: 5,
  firstSeconds: 10,
  step: 5,
  longestSeconds: 120,
}
/** For requests of one client for any account. */
const addressLimit: AttemptLimit = {
  name: 'reset address',
  freeFailures: 20,
  firstSeconds: 10,
  step: 10,
  longestSeconds: 120,
}

/**
 * Slows down requests for emails to choose a new password. It counts what is asked for and never what exists, so that
 * its answers say nothing about accounts. How many emails a user gets is limited in the store.
 */
export function createResetGuard(clock: Clock, attempts: AttemptCounter = createLocalAttempts()) {
  return {
    /** Counts a request; `address` is undefined if many clients share it. Throws `too_many_requests`. */
    async admit({ email, address }: { email: string; address: string | undefined }): Promise<void> {
      const source = address && getClientSource(address)
      const keys: CountedKey[] = [{ limit: ownLimit, key: `${source ?? 'shared'} ${email.toLowerCase()}` }]
      if (source !== undefined) keys.push({ limit: addressLimit, key: source })
      const left = await attempts.begin(keys, clock.now())
      if (left > 0) throw tooManyAttempts(left)
    },
  }
}

export type ResetGuard = ReturnType<typeof createResetGuard>
