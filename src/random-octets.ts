import { randomFillSync } from 'node:crypto'

const poolOctets = 8192
const pool = new Uint8Array(poolOctets)
let used = poolOctets

/**
 * `count` octets of the system's random generator, at most 1024, for names that nobody may guess. They are
 * drawn in blocks, since to draw sixteen costs as much as to draw thousands. Not for keys: what was given out
 * stays in memory until the block is drawn anew.
 */
export function randomOctets(count: number): Uint8Array {
  if (used + count > poolOctets) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return pool.slice(used - count, used)
}

/** `count` random octets as hexadecimal digits. */
export const randomHex = (count: number): string => Buffer.from(randomOctets(count)).toString('hex')
