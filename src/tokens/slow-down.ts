import { hash } from 'node:crypto'

const freeFailures = 5
const firstDelayMs = 1000
const maxDelayMs = 60_000
const forgetMs = 900_000
const maxEntries = 10_000

/**
 * Slows down guessing of secrets: after five failures for a client from one address each further one doubles
 * the wait, up to a minute. Other addresses are not affected. `note` is told of each failure, by a name that other
 * processes give the same client and address, and `learn` takes in theirs.
 */
export function createSlowDown(note: (subject: string) => void = () => {}) {
  const entries = new Map<string, { failures: number; at: number; until: number }>()
  const keyOf = (clientId: string, address: string) =>
    hash('sha256', `${address} ${clientId.slice(0, 200)}`, 'base64url')
  const count = (key: string, failed: number, now: number): void => {
    const before = entries.get(key)
    const failures = before !== undefined && now - before.at < forgetMs ? before.failures + failed : failed
    const exponent = Math.min(failures - freeFailures, 16)
    const delay = exponent < 1 ? 0 : Math.min(firstDelayMs * 2 ** (exponent - 1), maxDelayMs)
    entries.delete(key)
    entries.set(key, { failures, at: now, until: now + delay })
    // The longest unchanged entry is dropped first.
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value ?? '')
  }

  return {
    /** Returns the seconds to wait before the next attempt; 0 if it is allowed. */
    secondsLeft(clientId: string, address: string, now: number): number {
      const until = entries.get(keyOf(clientId, address))?.until ?? 0
      return Math.max(0, Math.ceil((until - now) / 1000))
    },
    /** Counts a failure. */
    fail(clientId: string, address: string, now: number): void {
      const key = keyOf(clientId, address)
      count(key, 1, now)
      note(key)
    },
    /** Counts failures that another process has noted. */
    learn(subject: string, failures: number, now: number): void {
      count(subject, failures, now)
    },
    /** Removes the failures after the right secret. */
    succeed(clientId: string, address: string): void {
      entries.delete(keyOf(clientId, address))
    },
  }
}

export type SlowDown = ReturnType<typeof createSlowDown>
