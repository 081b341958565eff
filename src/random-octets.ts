import { randomFillSync } from 'node:crypto'

const poolOctets = 8192
const pool = new Uint8Array(poolOctets)
let used = poolOctets

/**
 * Returns `count` octets of the system's random generator, at most 1024, for unguessable names. They are
 * drawn in blocks, since drawing sixteen takes as long as drawing thousands. Not for keys: returned octets
 * stay in memory until the next block is drawn.
 */
export function randomOctets(count: number): Uint8Array {
  if (used + count > poolOctets) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return pool.slice(used - count, used)
}

/** Returns `count` random octets as hexadecimal digits. */
export const randomHex = (count: number): string => Buffer.from(randomOctets(count)).toString('hex')
