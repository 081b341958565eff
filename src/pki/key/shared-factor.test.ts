import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gcd } from './big-integer.ts'
import { compareFactors } from './shared-factor.ts'

const keyOf = (modulus: bigint, exponent = 65_537n) => ({ modulus, exponent })

test('the shared factor check finds the same keys as a comparison with each other key', () => {
  const number = fc.bigInt({ min: 2n, max: 2n ** 20n }).map((half) => 2n * half + 1n)
  fc.assert(
    fc.property(number, fc.array(number, { maxLength: 12 }), fc.boolean(), (modulus, others, isAmong) => {
      const all = isAmong ? [...others, modulus] : others
      expect(
        compareFactors(
          keyOf(modulus),
          all.map((other) => keyOf(other)),
        ),
      ).toEqual({
        isKnown: all.includes(modulus),
        sharing: all
          .filter((other) => other !== modulus && gcd(other, modulus) > 1n)
          .map((other) => keyOf(other)),
      })
    }),
    { numRuns: 2000 },
  )
})

const [p, q, r, s] = [10_007n, 10_009n, 10_037n, 10_039n]

test('the shared factor check finds two keys that together have both primes of another', () => {
  const others = [keyOf(p * r), keyOf(r * s), keyOf(q * s)]
  expect(compareFactors(keyOf(p * q), others)).toEqual({
    isKnown: false,
    sharing: [keyOf(p * r), keyOf(q * s)],
  })
})

test('the shared factor check treats the same modulus with another exponent as another key with shared primes', () => {
  const others = [keyOf(p * q, 65_539n), keyOf(r * s)]
  expect(compareFactors(keyOf(p * q), others)).toEqual({ isKnown: false, sharing: [keyOf(p * q, 65_539n)] })
})
