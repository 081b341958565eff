import { toBigInt } from './elliptic-curve.ts'

const p = 2n ** 255n - 19n
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/**
 * Returns whether 32 octets are a valid public key of Ed25519: a canonical encoding of a point on the curve
 * (RFC 8032, section 5.1.3) other than the eight points of small order, for which a signature proves nothing.
 */
export function isEd25519Key(key: Uint8Array): boolean {
  if (key.length !== 32) return false
  const y = toBigInt(key.toReversed()) & (2n ** 255n - 1n)
  const isOdd = ((key[31] as number) & 0x80) !== 0
  if (y >= p) return false
  const numerator = mod(y * y - 1n)
  const denominator = mod(d * y * y + 1n)
  // x² = numerator / denominator; by Euler's criterion a quotient is a square if the product is.
  if (power(numerator * denominator, (p - 1n) / 2n) > 1n) return false
  if (numerator === 0n && isOdd) return false
  return !hasSmallOrder(y)
}

/**
 * Returns whether the point has small order: those of order 1, 2 and 4 have y = 1, −1, 0; those of order 8
 * double to y = 0, which is d·y⁴ + 2y² − 1 = 0.
 */
function hasSmallOrder(y: bigint): boolean {
  const y2 = mod(y * y)
  return y === 0n || y2 === 1n || mod(d * y2 * y2 + 2n * y2 - 1n) === 0n
}

function mod(value: bigint): bigint {
  const rest = value % p
  return rest < 0n ? rest + p : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}
