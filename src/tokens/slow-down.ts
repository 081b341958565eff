import { createHmac, hkdfSync } from 'node:crypto'
import { listKeys, type MasterKey } from '../shapes/master-key.ts'

const freeFailures = 5
const firstDelayMs = 1000
const maxDelayMs = 60_000
const forgetMs = 900_000
const maxEntries = 10_000
/** Separates the key of these names from the other uses of the key of gateways. */
const purpose = 'postern failed client secrets 1'

/**
 * Slows down guessing of secrets: after five failures for a client from one address each further one doubles
 * the wait, up to a minute. Other addresses are not affected. `note` is told of each failure, by a name that other
 * processes with the same `gatewayKey` give the same client and address, and `learn` takes in theirs. While the key is
 * being changed, each failure has a name by either key, so that processes with one of them count it too. Addresses are
 * few: whoever reads the names without the key cannot find an address by trying all.
 */
export function createSlowDown(gatewayKey: MasterKey, note: (subject: string) => void = () => {}) {
  const keys = listKeys(gatewayKey).map(
    (key) => new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), purpose, 32)),
  )
  const entries = new Map<string, { failures: number; at: number; until: number }>()
  const namesOf = (clientId: string, address: string): string[] =>
    keys.map((key) =>
      createHmac('sha256', key)
        .update(`${address} ${clientId.slice(0, 200)}`)
        .digest('base64url'),
    )
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
      const untils = namesOf(clientId, address).map((name) => entries.get(name)?.until ?? 0)
      return Math.max(0, ...untils.map((until) => Math.ceil((until - now) / 1000)))
    },
    /** Counts a failure. */
    fail(clientId: string, address: string, now: number): void {
      for (const name of namesOf(clientId, address)) {
        count(name, 1, now)
        note(name)
      }
    },
    /** Counts failures that another process has noted. */
    learn(subject: string, failures: number, now: number): void {
      count(subject, failures, now)
    },
    /** Removes the failures after the right secret. */
    succeed(clientId: string, address: string): void {
      for (const name of namesOf(clientId, address)) entries.delete(name)
    },
  }
}

export type SlowDown = ReturnType<typeof createSlowDown>
