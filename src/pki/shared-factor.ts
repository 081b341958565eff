import { gcd } from './big-integer.ts'

/** How an RSA modulus stands to others. */
export interface FactorComparison {
  /** Whether the modulus itself is among them. */
  isKnown: boolean
  /** Those that have a prime in common with it, which makes the private keys of both public. */
  sharing: bigint[]
}

/**
 * Compares a modulus with others by one product of them all, taken modulo the first, and one greatest common
 * divisor: some microseconds for each other modulus of 2048 bits.
 */
export function compareFactors(modulus: bigint, others: readonly bigint[]): FactorComparison {
  let product = 1n
  let isKnown = false
  for (const other of others) {
    if (other === modulus) isKnown = true
    else product = (product * other) % modulus
  }
  const isShared = gcd(modulus, product) > 1n
  const sharing = isShared ? others.filter((other) => other !== modulus && gcd(modulus, other) > 1n) : []
  return { isKnown, sharing }
}
