import { toBigInt } from '../../src/pki/key/elliptic-curve.ts'
import { fromHex } from '../../src/pki/der/fingerprint.ts'

/** Returns the remainder of a division, never negative. */
export const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

/** Returns the modular inverse (extended Euclid); throws a RangeError if there is none. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [rest, nextRest] = [mod(value, modulus), modulus]
  let [factor, nextFactor] = [1n, 0n]
  while (nextRest > 0n) {
    const times = rest / nextRest
    ;[rest, nextRest] = [nextRest, rest - times * nextRest]
    ;[factor, nextFactor] = [nextFactor, factor - times * nextFactor]
  }
  if (rest !== 1n) throw new RangeError('there is no inverse')
  return mod(factor, modulus)
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = mod(base, modulus)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** Returns big-endian octets of exactly this length. */
export function toOctets(value: bigint, length: number): Uint8Array {
  return fromHex(
    value
      .toString(16)
      .padStart(length * 2, '0')
      .slice(-length * 2),
  )
}

/** Returns little-endian octets, as in Ed25519. */
export const toLittleEndian = (value: bigint, length: number): Uint8Array => toOctets(value, length).reverse()
export const fromLittleEndian = (octets: Uint8Array): bigint => toBigInt(octets.toReversed())
