import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { damagedBytes } from '../../../test/support/damaged-bytes.ts'
import { makeAuthority } from '../../../test/support/test-authority.ts'
import { openToolFolder, type ToolFolder } from '../../../test/support/tool-folder.ts'
import { PosternError } from '../../errors.ts'
import { parseCertificate } from '../certificate/certificate.ts'
import { booleanTrue, element, integer, nullValue, octetString, oid, sequence } from '../der/der-writer.ts'
import { toHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { extension } from '../profile/extension-writer.ts'
import { toPem } from '../text/pem.ts'
import { createOcspIssuer, isIssuedBy } from './ocsp-issuer.ts'
import { parseOcspRequest } from './ocsp-request.ts'

let folder: ToolFolder
let issuerDer: Uint8Array
beforeAll(async () => {
  folder = openToolFolder()
  issuerDer = (await makeAuthority()).issuing.der
  folder.write('issuer.pem', toPem('CERTIFICATE', issuerDer))
  folder.run(
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=asker -keyout key.pem -out asker.pem',
  )
})
afterAll(() => folder[Symbol.dispose]())

/** Returns a request of openssl. */
function askOpenssl(rest: string): Uint8Array {
  folder.run(`openssl ocsp -issuer issuer.pem ${rest} -reqout request.der`)
  return folder.read('request.der')
}

const hash = octetString(new Uint8Array(20))
const certificateId = (serialNumber = integer(5), parameters: Uint8Array[] = [nullValue]) =>
  sequence(sequence(oid(oids.sha1), ...parameters), hash, hash, serialNumber)
const single = (...rest: Uint8Array[]) => sequence(certificateId(), ...rest)
const tagged = (number: number, inner: Uint8Array) => element(0xa0 + number, inner)
const request = (...fields: Uint8Array[]) => sequence(sequence(...fields))
const nonce = (length: number) => extension(oids.ocspNonce, octetString(new Uint8Array(length)))

describe('an OCSP request of openssl is read', () => {
  test.each(['-sha1', '-sha256'])('with %s, which identifies the issuer', async (algorithm) => {
    const { subjectDer, spki } = parseCertificate(issuerDer)
    const issuer = await createOcspIssuer(subjectDer, spki)
    const { certificateIds } = parseOcspRequest(askOpenssl(`${algorithm} -serial 0x8f01 -serial 7`))
    expect(certificateIds.map(({ serialNumber }) => toHex(serialNumber))).toEqual(['008f01', '07'])
    for (const id of certificateIds) {
      expect(isIssuedBy(issuer, id)).toBe(true)
      expect(isIssuedBy(issuer, { ...id, issuerKeyHash: id.issuerNameHash })).toBe(false)
      expect(isIssuedBy(issuer, { ...id, issuerNameHash: id.issuerKeyHash })).toBe(false)
      expect(isIssuedBy(issuer, { ...id, hashOid: oids.sha512 })).toBe(false)
    }
  })

  test('with a nonce and without', () => {
    expect(parseOcspRequest(askOpenssl('-serial 1 -nonce')).nonce?.length).toBeGreaterThanOrEqual(16)
    expect(parseOcspRequest(askOpenssl('-serial 1 -no_nonce'))).not.toHaveProperty('nonce')
  })

  test('if it is signed', () => {
    const signed = askOpenssl('-serial 9 -signer asker.pem -signkey key.pem')
    expect(parseOcspRequest(signed).certificateIds).toHaveLength(1)
  })
})

test('an OCSP request is read for hash algorithms with and without NULL, and nonces of 1 to 128 octets', () => {
  expect(
    parseOcspRequest(request(sequence(sequence(certificateId(integer(5), []))))).certificateIds,
  ).toHaveLength(1)
  for (const length of [1, 16, 32, 128])
    expect(
      parseOcspRequest(request(sequence(single()), tagged(2, sequence(nonce(length))))).nonce,
    ).toHaveLength(length)
  const other = extension('1.2.3', nullValue)
  expect(parseOcspRequest(request(sequence(single(tagged(0, sequence(other)))))).certificateIds).toHaveLength(
    1,
  )
})

describe('an OCSP request is rejected', () => {
  const critical = sequence(oid('1.2.3'), booleanTrue, octetString(nullValue))
  const rows: [string, Uint8Array][] = [
    ['an empty nonce', request(sequence(single()), tagged(2, sequence(nonce(0))))],
    ['a nonce of 129 octets', request(sequence(single()), tagged(2, sequence(nonce(129))))],
    [
      'a nonce that is not an OCTET STRING',
      request(sequence(single()), tagged(2, sequence(extension(oids.ocspNonce, integer(1))))),
    ],
    ['a repeated nonce', request(sequence(single()), tagged(2, sequence(nonce(16), nonce(16))))],
    ['a critical extension', request(sequence(single()), tagged(2, sequence(critical)))],
    ['a critical extension of one certificate', request(sequence(single(tagged(0, sequence(critical)))))],
    ['another version', request(tagged(0, integer(1)), sequence(single()))],
    ['no requested certificate', request(sequence())],
    ['33 certificates', request(sequence(...Array.from({ length: 33 }, () => single())))],
    ['a long serial number', request(sequence(sequence(certificateId(integer(1n << 170n)))))],
    ['trailing data', Uint8Array.of(...request(sequence(single())), 0)],
    ['extra data inside', request(sequence(single()), integer(1))],
    [
      'too many octets',
      request(sequence(single()), tagged(2, sequence(extension('1.2.3', new Uint8Array(17_000))))),
    ],
  ]
  test.each(rows)('for its content: %s', (_, bytes) => {
    expect(() => parseOcspRequest(bytes)).toThrow(expect.objectContaining({ code: 'ocsp_request_malformed' }))
  })
})

test('any bytes are read as an OCSP request or rejected, in a short time', () => {
  const seeds = [
    '-serial 1',
    '-no_nonce -sha256 -serial 0x8f -serial 2',
    '-serial 9 -signer asker.pem -signkey key.pem',
  ].map(askOpenssl)
  fc.assert(
    fc.property(fc.oneof(damagedBytes(seeds), fc.uint8Array({ maxLength: 300 })), (bytes) => {
      const start = performance.now()
      try {
        parseOcspRequest(bytes)
      } catch (error) {
        if (!(error instanceof PosternError)) throw error
      }
      expect(performance.now() - start).toBeLessThan(3000)
    }),
    { numRuns: 5000 },
  )
})
