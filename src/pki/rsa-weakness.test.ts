import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { makePrime, makeRocaPrime, nextPrime, toRsaKeyFile } from '../../test/vectors/weak-rsa-key.ts'
import { checkCertificateRequest } from './check-request.ts'
import { findPemBlocks } from './pem.ts'
import { parsePublicKey, type RsaNumbers } from './public-key.ts'
import { assertModulusStrong } from './rsa-weakness.ts'

const readVector = (name: string) =>
  readFileSync(new URL(`../../test/vectors/weak-keys/${name}`, import.meta.url), 'utf8')
const modulusOf = (spki: Uint8Array) => (parsePublicKey(spki).rsa as RsaNumbers).modulus
const coded = (code: string) => expect.objectContaining({ code, message: expect.stringContaining('new CSR') })

/** The CSR that openssl makes with the key of these primes. */
function makeRequest(p: bigint, q: bigint): string {
  using folder = openToolFolder()
  folder.write('key.pem', toRsaKeyFile(p, q))
  return folder.run('openssl req -new -key key.pem -subj /CN=acme-0001')
}

describe('refuses', () => {
  const near = makePrime(1024)
  const rows: [string, bigint, bigint, string][] = [
    ['a factor of 3', 3n, makePrime(2047), 'key_small_factor'],
    ['a factor of 65521', 65_521n, makePrime(2033), 'key_small_factor'],
    ['primes next to each other', near, nextPrime(near), 'key_close_primes'],
    ['primes that differ in their lower half', near, nextPrime(near + (1n << 515n)), 'key_close_primes'],
    ['primes of a chip with the ROCA weakness', makeRocaPrime(), makeRocaPrime(), 'key_roca'],
  ]
  test.each(rows)('a request for a key with %s', async (_, p, q, code) => {
    await expect(checkCertificateRequest(makeRequest(p, q), ['rsa-2048'])).rejects.toEqual(coded(code))
  })

  test('the square of a prime', () => {
    expect(() => assertModulusStrong(near * near)).toThrow(coded('key_close_primes'))
  })

  test.each([
    ['roca-2048.pem', 'key_roca'],
    ['close-primes-2048.pem', 'key_close_primes'],
    ['small-factor-4096.pem', 'key_small_factor'],
  ])('%s, a key that others have found', (name, code) => {
    const [block] = findPemBlocks(readVector(name))
    expect(() => assertModulusStrong(modulusOf(block?.der as Uint8Array))).toThrow(coded(code))
  })

  test('a request that others have made for such a key', async () => {
    const request = checkCertificateRequest(readVector('close-primes-2048.csr'), ['rsa-2048'])
    await expect(request).rejects.toEqual(coded('key_close_primes'))
  })
})

describe('passes', () => {
  const toSpki = (key: KeyObject) => new Uint8Array(key.export({ type: 'spki', format: 'der' }))

  test('the keys that OpenSSL makes', () => {
    for (let i = 0; i < 30; i += 1) {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      expect(() => assertModulusStrong(modulusOf(toSpki(publicKey)))).not.toThrow()
    }
  })

  test.each([2048, 8192])('an unsuspicious modulus of %i bits within half a second', (bits) => {
    const primes = Array.from({ length: bits / 1024 }, () => makePrime(1024))
    const modulus = primes.reduce((product, prime) => product * prime)
    const start = performance.now()
    assertModulusStrong(modulus)
    expect(performance.now() - start).toBeLessThan(500)
  })

  test('a factor just above the small ones and primes just too far apart', () => {
    const prime = makePrime(1024)
    expect(() => assertModulusStrong(65_537n * makePrime(2031))).not.toThrow()
    expect(() => assertModulusStrong(prime * nextPrime(prime + (1n << 521n)))).not.toThrow()
  })
})
