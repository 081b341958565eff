import { setTimeout as wait } from 'node:timers/promises'
import { isConnectionLost } from './engine.ts'

const maxAttempts = 6
const firstDelayMs = 10
/** A connection that took longer to break was silent, and its caller has waited long enough. */
const maxSilentMs = 2000

/**
 * PostgreSQL's codes for a transaction that it has rolled back in favor of another: deadlock, serialization
 * failure.
 */
const conflictCodes = new Set(['40P01', '40001'])

/**
 * Runs `work` again if the store has rolled it back in favor of another transaction, or if its connection
 * broke before the commit within two seconds, after a random delay that doubles, at most six times. `work`
 * must do nothing outside of the store. A commit without an answer is not repeated: it fails with another
 * error (see `createStoreGuard`).
 */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const mayAnotherDo = (error: unknown) => isConnectionLost(error) && performance.now() - began < maxSilentMs
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= maxAttempts || !(isConflict(error) || mayAnotherDo(error))) throw error
      await wait(firstDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random()))
    }
  }
}

const isConflict = (error: unknown) => conflictCodes.has(String((error as { code?: unknown }).code))
