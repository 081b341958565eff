import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { assertionIdOf, type UsedAssertion, type UsedAssertions } from './used-assertions.ts'

/** Longer than the store takes, and shorter than a client waits. */
const storeMs = 1000

/** The store that all gateways share. */
export interface AssertionStore {
  /**
   * Records the use of an assertion, and returns whether no gateway had recorded it before. Throws
   * `storage_unavailable`.
   */
  spendAssertion(use: { id: string; expiresAt: number }): Promise<boolean>
}

/**
 * Returns a function that records the use of an assertion: in this process immediately, and in the store for
 * every gateway. Tokens are issued even while the store is unavailable: an assertion could then be used once
 * at each gateway process, by a client that also has the right certificate.
 */
export function createSpendAssertion(used: UsedAssertions, store: AssertionStore) {
  return async (assertion: UsedAssertion, now: number): Promise<'new' | 'used' | 'full'> => {
    const noted = used.note(assertion, now)
    if (noted !== 'new') return noted
    const use = { id: assertionIdOf(assertion), expiresAt: assertion.expiresAt }
    const stored = store.spendAssertion(use).catch((error) => {
      if (error instanceof PosternError) return true
      throw error
    })
    const isNew = await Promise.race([stored, wait(storeMs, true, { ref: false })])
    return isNew ? 'new' : 'used'
  }
}
