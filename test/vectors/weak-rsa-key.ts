import { checkPrimeSync, generatePrimeSync, randomBytes } from 'node:crypto'
import { integer, sequence } from '../../src/pki/der/der-writer.ts'
import { toBigInt } from '../../src/pki/key/elliptic-curve.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { invert, power } from './modular.ts'

/** Returns a random prime of `bits` bits whose two highest bits are set. */
export const makePrime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true })

/** Returns the first prime above a number. */
export function nextPrime(above: bigint): bigint {
  let candidate = above + 1n + (above % 2n)
  while (!checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

/**
 * Returns a prime of 1024 bits as the chips of CVE-2017-15361 create them: k · M + (65537ᵃ mod M), M a
 * product of small primes.
 */
export function makeRocaPrime(): bigint {
  const modulus = firstPrimes(126).reduce((product, prime) => product * prime, 1n)
  const lowest = (1n << 1023n) + (1n << 1022n)
  for (;;) {
    const generated = power(65_537n, toBigInt(randomBytes(8)), modulus)
    const candidate = ((lowest + toBigInt(randomBytes(127))) / modulus) * modulus + generated
    if (checkPrimeSync(candidate)) return candidate
  }
}

/** Returns the private key with these primes (RFC 8017, appendix A.1.2) as PEM for OpenSSL. */
export function toRsaKeyFile(p: bigint, q: bigint, exponent = 65_537n): string {
  const d = invert(exponent, (p - 1n) * (q - 1n))
  const numbers = [0n, p * q, exponent, d, p, q, d % (p - 1n), d % (q - 1n), invert(q, p)]
  return toPem('RSA PRIVATE KEY', sequence(...numbers.map((number) => integer(number))))
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = []
  for (let number = 2n; primes.length < count; number += 1n)
    if (primes.every((prime) => number % prime !== 0n)) primes.push(number)
  return primes
}
