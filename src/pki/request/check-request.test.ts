import { describe, expect, test } from 'vitest'
import { openToolFolder, type ToolFolder } from '../../../test/support/tool-folder.ts'
import { openSequence } from '../der/der-reader.ts'
import { sequence } from '../der/der-writer.ts'
import type { KeyPolicy } from '../key/public-key.ts'
import { findPemBlocks, toPem } from '../text/pem.ts'
import { checkCertificateRequest } from './check-request.ts'

const every: KeyPolicy = ['ec-p256', 'ec-p384', 'ec-p521', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'ed25519']
const p256 = 'openssl genpkey -out key.pem -algorithm EC -pkeyopt ec_paramgen_curve:P-256'
const rsa = (bits: number, more = '') =>
  `openssl genpkey -out key.pem -algorithm RSA -pkeyopt rsa_keygen_bits:${bits}${more}`

/** Returns the CSR that OpenSSL creates with a new key. */
function makeRequest(folder: ToolFolder, makeKey: string, options = ''): string {
  folder.run(makeKey)
  folder.run(`openssl req -new -key key.pem -out request.csr -subj /CN=acme-0001${options}`)
  return folder.run('openssl req -in request.csr')
}

describe('a CSR of OpenSSL is accepted', () => {
  test.each([
    ['EC P-256', p256, ''],
    ['EC P-256', p256, ' -sha512'],
    ['EC P-384', p256.replace('256', '384'), ' -sha384'],
    ['EC P-521', p256.replace('256', '521'), ' -sha512'],
    ['Ed25519', 'openssl genpkey -out key.pem -algorithm Ed25519', ''],
    ['RSA 2048', rsa(2048), ''],
    ['RSA 2056', rsa(2056), ' -sha384'],
    ['RSA 2048', rsa(2048), ' -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sha256'],
    ['RSA 2048', rsa(2048), ' -sigopt rsa_padding_mode:pss -sha512'],
    ['RSA 3072', rsa(3072), ' -sha512'],
  ])('with the key %s (%s%s)', async (label, makeKey, options) => {
    using folder = openToolFolder()
    const request = await checkCertificateRequest(makeRequest(folder, makeKey, options), every)
    expect(request.publicKey.label).toBe(label)
    folder.run('openssl pkey -in key.pem -pubout -outform DER -out public.der')
    expect(`SHA2-256(public.der)= ${request.spkiSha256}\n`).toBe(
      folder.run('openssl dgst -sha256 public.der'),
    )
  })
})

describe('a CSR is rejected', () => {
  test.each([
    ['a CSR signed with SHA-1', rsa(2048), ' -sha1', 'csr_signature_weak', 'SHA-1'],
    ['an EC CSR signed with SHA-1', p256, ' -sha1', 'csr_signature_weak', 'SHA-1'],
    ['a CSR signed with MD5', rsa(2048), ' -md5', 'csr_signature_weak', 'MD5'],
    ['a CSR signed with SHA-224', p256, ' -sha224', 'csr_signature_weak', 'SHA-224'],
    ['a CSR signed with SHA-3', p256, ' -sha3-256', 'csr_signature_weak', '2.16.840.1.101.3.4.3.10'],
    ['a PSS CSR with SHA-1', rsa(2048), ' -sigopt rsa_padding_mode:pss -sha1', 'csr_signature_weak', 'SHA-1'],
    ['an RSA key of 1024 bits', rsa(1024), '', 'key_too_small', '1024 bits; at least 2048'],
    ['an RSA exponent of 3', rsa(2048, ' -pkeyopt rsa_keygen_pubexp:3'), '', 'key_exponent_small', '65537'],
    ['a key of an unlisted curve', p256.replace('P-256', 'secp256k1'), '', 'key_not_allowed', 'secp256k1'],
    [
      'a brainpool key',
      p256.replace('P-256', 'brainpoolP256r1'),
      '',
      'key_not_allowed',
      '1.3.36.3.3.2.8.1.1.7',
    ],
    ['a P-224 key', p256.replace('P-256', 'P-224'), '', 'key_not_allowed', '1.3.132.0.33'],
    [
      'a curve with explicit parameters',
      `${p256} -pkeyopt ec_param_enc:explicit`,
      '',
      'key_not_allowed',
      'named_curve',
    ],
    ['an Ed448 key', 'openssl genpkey -out key.pem -algorithm Ed448', '', 'key_not_allowed', 'ed448'],
    [
      'a key restricted to RSA-PSS',
      rsa(2048).replace('RSA ', 'RSA-PSS '),
      '',
      'key_not_allowed',
      'rsassaPss',
    ],
  ])('for the content: %s', async (_, makeKey, options, code, words) => {
    using folder = openToolFolder()
    const csr = makeRequest(folder, makeKey, options)
    await expect(checkCertificateRequest(csr, every)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })

  test('for a key whose point is compressed', async () => {
    using folder = openToolFolder()
    folder.run(p256)
    folder.run('openssl ec -in key.pem -conv_form compressed -out compressed.pem')
    folder.run('openssl req -new -key compressed.pem -out request.csr -subj /CN=acme-0001')
    await expect(checkCertificateRequest(folder.read('request.csr'), every)).rejects.toMatchObject({
      code: 'key_not_allowed',
      message: expect.stringContaining('compressed'),
    })
  })

  test.each([
    ['ec-p384', p256, 'key_not_allowed'],
    ['ed25519', rsa(2048), 'key_not_allowed'],
    ['rsa-3072', rsa(2048), 'key_too_small'],
    ['rsa-2048', p256, 'key_not_allowed'],
  ] as const)('for a key that a policy of only %s excludes (%s)', async (kind, makeKey, code) => {
    using folder = openToolFolder()
    await expect(checkCertificateRequest(makeRequest(folder, makeKey), [kind])).rejects.toMatchObject({
      code,
    })
  })
})

describe('a CSR is rejected with csr_signature_invalid', () => {
  const invalid = { code: 'csr_signature_invalid', message: expect.stringContaining('Make the CSR again') }
  const readDer = (pem: string) => findPemBlocks(pem)[0]?.der as Uint8Array

  test.each([
    ['EC', p256],
    ['RSA', rsa(2048)],
    ['Ed25519', 'openssl genpkey -out key.pem -algorithm Ed25519'],
  ])('for a changed subject and a changed signature (%s)', async (_, makeKey) => {
    using folder = openToolFolder()
    const der = readDer(makeRequest(folder, makeKey))
    const renamed = der.slice()
    // "acme-0001" begins with its first letter, near the start of the CSR.
    renamed[renamed.indexOf(0x61)] = 0x62
    await expect(checkCertificateRequest(renamed, every)).rejects.toMatchObject(invalid)
    const resigned = der.slice()
    resigned[resigned.length - 1] = (resigned.at(-1) as number) ^ 1
    await expect(checkCertificateRequest(resigned, every)).rejects.toMatchObject(invalid)
    await expect(checkCertificateRequest(toPem('CERTIFICATE REQUEST', der), every)).resolves.toBeDefined()
  })

  test('for the signature of another key', async () => {
    using folder = openToolFolder()
    const swapped = swapSignature(readDer(makeRequest(folder, p256)), readDer(makeRequest(folder, p256)))
    await expect(checkCertificateRequest(swapped, every)).rejects.toMatchObject(invalid)
  })

  test('for a salt that is too long for its key', async () => {
    using folder = openToolFolder()
    const der = readDer(makeRequest(folder, rsa(2048), ' -sigopt rsa_padding_mode:pss -sha256'))
    // [2] EXPLICIT INTEGER 222, the maximum, of RSASSA-PSS-params.
    const longest = new TextDecoder('latin1').decode(der).indexOf('\xa2\x04\x02\x02\x00\xde')
    await expect(checkCertificateRequest(der, every)).resolves.toBeDefined()
    for (const octet of [0xdf, 0xff]) {
      const salted = der.with(longest + 5, octet)
      await expect(checkCertificateRequest(salted, every)).rejects.toMatchObject(invalid)
    }
  })
})

describe('a CSR is rejected with csr_signature_mismatch', () => {
  const ed25519 = 'openssl genpkey -out key.pem -algorithm Ed25519'
  test.each([
    ['EC', p256, 'RSA', rsa(2048)],
    ['RSA', rsa(2048), 'Ed25519', ed25519],
    ['Ed25519', ed25519, 'EC', p256],
  ])('for an %s key (%s) with a signature of %s', async (_, own, __, other) => {
    using folder = openToolFolder()
    const read = (makeKey: string) => findPemBlocks(makeRequest(folder, makeKey))[0]?.der as Uint8Array
    const swapped = swapSignature(read(own), read(other))
    await expect(checkCertificateRequest(swapped, every)).rejects.toMatchObject({
      code: 'csr_signature_mismatch',
      message: expect.stringContaining('openssl req -new'),
    })
  })
})

/** Returns the content of `signed` with the algorithm and signature of `donor`. */
function swapSignature(signed: Uint8Array, donor: Uint8Array): Uint8Array {
  const open = (der: Uint8Array) => {
    const reader = openSequence(der, 'csr_malformed')
    return [reader.readEncoded(), reader.readEncoded(), reader.readEncoded()] as const
  }
  const [, algorithm, signature] = open(donor)
  return sequence(open(signed)[0], algorithm, signature)
}
