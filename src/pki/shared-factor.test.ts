import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gcd } from './big-integer.ts'
import { compareFactors } from './shared-factor.ts'

test('finds what a comparison with each other modulus finds', () => {
  const number = fc.bigInt({ min: 2n, max: 2n ** 20n }).map((half) => 2n * half + 1n)
  fc.assert(
    fc.property(number, fc.array(number, { maxLength: 12 }), fc.boolean(), (modulus, others, isAmong) => {
      const all = isAmong ? [...others, modulus] : others
      expect(compareFactors(modulus, all)).toEqual({
        isKnown: all.includes(modulus),
        sharing: all.filter((other) => other !== modulus && gcd(other, modulus) > 1n),
      })
    }),
    { numRuns: 2000 },
  )
})

test('finds each of two keys that have both primes of another between them', () => {
  const [p, q, r, s] = [10_007n, 10_009n, 10_037n, 10_039n]
  expect(compareFactors(p * q, [p * r, r * s, q * s])).toEqual({ isKnown: false, sharing: [p * r, q * s] })
})
