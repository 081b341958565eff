import { PosternError } from '../../errors.ts'
import { gcd, isSquare, squareRoot } from './big-integer.ts'

const highestSmallPrime = 65_536
/** The CA/Browser Forum's baseline requirements demand 100 (section 6.1.1.3). */
const fermatRounds = 1000
/** The modulus that these chips work with is a multiple of every prime up to this one, whatever the key's size. */
const highestRocaPrime = 167

/** Squarings between which other work runs: some milliseconds at 8192 bits. */
const squaringsInTurn = 64

/**
 * Throws if the private key can be computed from an odd RSA modulus alone: `key_small_factor`,
 * `key_close_primes`, `key_roca` or `key_prime_modulus`. Takes some milliseconds for 2048 bits, some hundred
 * for 8192, and lets other work run in between.
 */
export async function assertModulusStrong(modulus: bigint): Promise<void> {
  if (hasSmallFactor(modulus))
    throw new PosternError(
      'key_small_factor',
      'This RSA key has a small prime factor, so anybody can work out its private key. The program or device that made it is faulty: make a new key with OpenSSL and a new CSR.',
    )
  if (hasClosePrimes(modulus))
    throw new PosternError(
      'key_close_primes',
      'The two primes of this RSA key lie so close together that anybody can work them out. The program or device that made it is faulty: make a new key with OpenSSL and a new CSR.',
    )
  if (isRoca(modulus))
    throw new PosternError(
      'key_roca',
      'This RSA key was made by a chip with the ROCA weakness (CVE-2017-15361), so its private key can be worked out. Make a new key outside that chip, or an EC key, and a new CSR.',
    )
  if (await isPowerOfPrime(modulus))
    throw new PosternError(
      'key_prime_modulus',
      'The modulus of this RSA key is a prime number, or its factors follow from one exponentiation, so anybody can work out its private key. The program or device that made it is faulty: make a new key with OpenSSL and a new CSR.',
    )
}

/**
 * Returns whether an odd modulus is a prime, a power of one, or has a prime p for which p − 1 divides its
 * cofactor minus one. For each of these p divides 2ⁿ − 2 (Fermat), so all are detected; of the moduli with
 * two random primes of 1024 bits fewer than one in 2¹⁰⁰⁰ is falsely detected.
 */
async function isPowerOfPrime(modulus: bigint): Promise<boolean> {
  const bits = modulus.toString(2)
  let power = 1n
  for (let i = 0; i < bits.length; i += 1) {
    power = (power * power * (bits[i] === '1' ? 2n : 1n)) % modulus
    if (i % squaringsInTurn === squaringsInTurn - 1) await letOthersRun()
  }
  return gcd(modulus, (power + modulus - 2n) % modulus) > 1n
}

/**
 * Yields to other work: WebCrypto answers in a later turn of the event loop, in Node and in browsers, without
 * a timer.
 */
async function letOthersRun(): Promise<void> {
  await crypto.subtle.digest('SHA-256', new Uint8Array())
}

let smallPrimes: { list: number[]; product: bigint } | undefined

function hasSmallFactor(modulus: bigint): boolean {
  smallPrimes ??= listSmallPrimes()
  return gcd(modulus, smallPrimes.product % modulus) > 1n
}

function listSmallPrimes(): { list: number[]; product: bigint } {
  const isComposite = new Uint8Array(highestSmallPrime + 1)
  const list: number[] = []
  for (let number = 2; number <= highestSmallPrime; number += 1) {
    if (isComposite[number]) continue
    list.push(number)
    for (let multiple = number * 2; multiple <= highestSmallPrime; multiple += number)
      isComposite[multiple] = 1
  }
  return { list, product: multiply(list.map(BigInt)) }
}

/** Returns the product. Halves are multiplied first: numbers of similar size need the fewest steps. */
function multiply(numbers: readonly bigint[]): bigint {
  if (numbers.length < 2) return numbers[0] ?? 1n
  const middle = numbers.length >> 1
  return multiply(numbers.slice(0, middle)) * multiply(numbers.slice(middle))
}

/** Applies Fermat's factorization: p · q = a² − b², where a is hardly above the root if p and q are close. */
function hasClosePrimes(modulus: bigint): boolean {
  const root = squareRoot(modulus)
  if (root * root === modulus) return true
  let a = root + 1n
  let square = a * a - modulus
  for (let round = 0; round < fermatRounds; round += 1) {
    if (isSquare(square)) return true
    square += 2n * a + 1n
    a += 1n
  }
  return false
}

let rocaRests: { prime: bigint; rests: Set<number> }[] | undefined

/**
 * Returns whether the modulus is a power of 65537 modulo every small prime (Nemec and others, “The Return of
 * Coppersmith's Attack”, 2017). Of other moduli, fewer than one in a hundred million is falsely detected.
 */
function isRoca(modulus: bigint): boolean {
  rocaRests ??= listRocaRests()
  return rocaRests.every(({ prime, rests }) => rests.has(Number(modulus % prime)))
}

function listRocaRests(): { prime: bigint; rests: Set<number> }[] {
  smallPrimes ??= listSmallPrimes()
  return smallPrimes.list
    .filter((prime) => prime > 2 && prime <= highestRocaPrime)
    .map((prime) => {
      const rests = new Set<number>()
      for (let power = 1; !rests.has(power); power = (power * 65_537) % prime) rests.add(power)
      return { prime: BigInt(prime), rests }
    })
}
