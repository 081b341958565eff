import { checkPrimeSync, createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { invert, power } from '../../../test/vectors/modular.ts'
import { makePrime, makeRocaPrime, nextPrime, toRsaKeyFile } from '../../../test/vectors/weak-rsa-key.ts'
import { bitString, element, integer, nullValue, octetString, oid, sequence } from '../der/der-writer.ts'
import { fromHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { encodeName } from '../name/name.ts'
import { checkCertificateRequest } from '../request/check-request.ts'
import { findPemBlocks, toPem } from '../text/pem.ts'
import { toBigInt } from './elliptic-curve.ts'
import { parsePublicKey, type RsaNumbers } from './public-key.ts'
import { assertModulusStrong } from './rsa-weakness.ts'
import { encodeSignatureAlgorithm } from './signature-algorithm.ts'

const readVector = (name: string) =>
  readFileSync(new URL(`../../../test/vectors/weak-keys/${name}`, import.meta.url), 'utf8')
const modulusOf = (spki: Uint8Array) => (parsePublicKey(spki).rsa as RsaNumbers).modulus
const coded = (code: string) => expect.objectContaining({ code, message: expect.stringContaining('new CSR') })

/** Returns the CSR that openssl creates with the key of these primes. */
function makeRequest(p: bigint, q: bigint): string {
  using folder = openToolFolder()
  folder.write('key.pem', toRsaKeyFile(p, q))
  return folder.run('openssl req -new -key key.pem -subj /CN=acme-0001')
}

/**
 * Returns a CSR that is signed with a prime as modulus, where the private exponent is the inverse of 65537
 * modulo the prime minus one.
 */
function signWithPrime(prime: bigint): string {
  const algorithm = encodeSignatureAlgorithm('sha256WithRSAEncryption')
  const key = bitString(sequence(integer(prime), integer(65_537n)))
  const spki = sequence(sequence(oid(oids.rsaEncryption), nullValue), key)
  const name = encodeName([{ type: oids.commonName, value: 'acme-0001' }])
  const info = sequence(integer(0), name, spki, element(0xa0, new Uint8Array()))
  const digest = createHash('sha256').update(info).digest()
  const digestInfo = sequence(sequence(oid(oids.sha256), nullValue), octetString(digest))
  // EMSA-PKCS1-v1_5 (RFC 8017, section 9.2).
  const padded = Uint8Array.from([0, 1, ...Array(256 - 3 - digestInfo.length).fill(0xff), 0, ...digestInfo])
  const signature = power(toBigInt(padded), invert(65_537n, prime - 1n), prime)
  const octets = fromHex(signature.toString(16).padStart(512, '0'))
  return toPem('CERTIFICATE REQUEST', sequence(info, algorithm, bitString(octets)))
}

/** Returns p · (2p − 1): computing 2ⁿ modulo n reveals p. */
function makeRelatedPrimes(bits: number): bigint {
  for (;;) {
    const prime = makePrime(bits)
    if (checkPrimeSync(2n * prime - 1n, { checks: 3 })) return prime * (2n * prime - 1n)
  }
}

describe('the RSA check rejects', () => {
  const near = makePrime(1024)
  const rows: [string, bigint, bigint, string][] = [
    ['a factor of 3', 3n, makePrime(2047), 'key_small_factor'],
    ['a factor of 65521', 65_521n, makePrime(2033), 'key_small_factor'],
    ['primes next to each other', near, nextPrime(near), 'key_close_primes'],
    ['primes that differ in their lower half', near, nextPrime(near + (1n << 515n)), 'key_close_primes'],
    ['primes of a chip with the ROCA weakness', makeRocaPrime(), makeRocaPrime(), 'key_roca'],
  ]
  test.each(rows)('a CSR for a key with %s', async (_, p, q, code) => {
    await expect(checkCertificateRequest(makeRequest(p, q), ['rsa-2048'])).rejects.toEqual(coded(code))
  })

  test('the square of a prime', async () => {
    await expect(assertModulusStrong(near * near)).rejects.toEqual(coded('key_close_primes'))
  })

  test('a CSR for a key whose modulus is a prime, which OpenSSL verifies', async () => {
    const csr = signWithPrime(makePrime(2048))
    using folder = openToolFolder()
    folder.write('prime.csr', csr)
    expect(folder.run('openssl req -in prime.csr -noout -verify')).toContain('verify OK')
    await expect(checkCertificateRequest(csr, ['rsa-2048'])).rejects.toEqual(coded('key_prime_modulus'))
  })

  test.each([
    ['a prime', () => makePrime(1536)],
    ['the third power of a prime', () => makePrime(700) ** 3n],
    ['the fourth power of a prime, by its root', () => makePrime(512) ** 4n, 'key_close_primes'],
    ['the seventh power of a prime', () => makePrime(300) ** 7n],
    ['a Mersenne prime', () => (1n << 2203n) - 1n],
    ['a prime times twice that prime minus one', () => makeRelatedPrimes(384)],
  ] as [string, () => bigint, string?][])(
    'a modulus that is %s',
    async (_, make, code = 'key_prime_modulus') => {
      await expect(assertModulusStrong(make())).rejects.toEqual(coded(code))
    },
  )

  test.each([
    ['roca-2048.pem', 'key_roca'],
    ['close-primes-2048.pem', 'key_close_primes'],
    ['small-factor-4096.pem', 'key_small_factor'],
  ])('%s, a known weak key', async (name, code) => {
    const [block] = findPemBlocks(readVector(name))
    const modulus = modulusOf(block?.der as Uint8Array)
    await expect(assertModulusStrong(modulus)).rejects.toEqual(coded(code))
  })

  test('a CSR of another tool for such a key', async () => {
    const request = checkCertificateRequest(readVector('close-primes-2048.csr'), ['rsa-2048'])
    await expect(request).rejects.toEqual(coded('key_close_primes'))
  })
})

describe('the RSA check accepts', () => {
  const toSpki = (key: KeyObject) => new Uint8Array(key.export({ type: 'spki', format: 'der' }))

  test('the keys that OpenSSL creates', async () => {
    for (let i = 0; i < 30; i += 1) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      await expect(assertModulusStrong(modulusOf(toSpki(publicKey)))).resolves.toBeUndefined()
    }
  })

  test('a strong modulus of 8192 bits while other work continues', async () => {
    const primes = Array.from({ length: 8 }, () => makePrime(1024))
    let turns = 0
    const turning = setInterval(() => {
      turns += 1
    })
    await assertModulusStrong(primes.reduce((product, prime) => product * prime))
    clearInterval(turning)
    expect(turns).toBeGreaterThan(10)
  })

  test('a factor just above the small ones and primes just far enough apart', async () => {
    const prime = makePrime(1024)
    await assertModulusStrong(65_539n * makePrime(2031))
    await assertModulusStrong(prime * nextPrime(prime + (1n << 521n)))
  })
})
