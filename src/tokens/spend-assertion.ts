import { setTimeout as wait } from 'node:timers/promises'
import { PosternError } from '../errors.ts'
import { assertionIdOf, type UsedAssertion, type UsedAssertions } from './used-assertions.ts'

/** Longer than the store takes, and shorter than a client waits. */
const storeMilliseconds = 1000

/** The store, which all gateways share. */
export interface AssertionStore {
  /** Whether the assertion had not been used before, at any gateway. Throws `storage_unavailable`. */
  spendAssertion(use: { id: string; expiresAt: number }): Promise<boolean>
}

/**
 * Notes that an assertion has been used: in this process at once, and in the store for every gateway. While the store
 * is away tokens are issued all the same, so that an assertion could then be used once at each gateway process, by a
 * client that has the certificate for it too.
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
    const isNew = await Promise.race([stored, wait(storeMilliseconds, true, { ref: false })])
    return isNew ? 'new' : 'used'
  }
}
