import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { damagedBytes } from '../../../test/support/damaged-bytes.ts'
import { makeEcdsaCases } from '../../../test/vectors/ecdsa-cases.ts'
import { keyKinds } from '../../contract/environment.ts'
import { bitString, element, integer, sequence } from '../../pki/der/der-writer.ts'
import { sha256 } from '../../pki/der/fingerprint.ts'
import { parsePublicKey } from '../../pki/key/public-key.ts'
import { encodeSignatureAlgorithm } from '../../pki/key/signature-algorithm.ts'
import type { CertificateRequest } from '../../pki/request/certificate-request.ts'
import { checkCertificateRequest, type RequestProofs } from '../../pki/request/check-request.ts'
import { isSignatureValid } from '../../pki/request/verify-signature.ts'
import { requestProofs } from './request-proofs.ts'

const webProofs: RequestProofs = { isSignatureValid, sha256 }
const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error)

describe.each([
  ['P-256', 'SHA-256'],
  ['P-256', 'SHA-512'],
  ['P-384', 'SHA-384'],
  ['P-521', 'SHA-512'],
] as const)('signatures by %s with %s', (curve, hash) => {
  test.each(makeEcdsaCases(curve, hash).map((each) => [each.name, each] as const))(
    'are verified with the same result as WebCrypto: %s',
    async (_, { spki, algorithm, message, signature, isValid }) => {
      const request = {
        publicKey: parsePublicKey(spki),
        signatureAlgorithm: algorithm,
        certificationRequestInfo: message,
        signature,
      } as CertificateRequest
      const taken = await Promise.resolve()
        .then(() => requestProofs.isSignatureValid(request))
        .catch((error) => {
          expect(codeOf(error)).toBe('csr_malformed')
          return false
        })
      expect(taken).toBe(isValid)
    },
  )
})

function makeCsr(curve: string): Uint8Array {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const info = sequence(integer(0), sequence(), spki, element(0xa0))
  const signature = bitString(new Uint8Array(sign('sha256', info, privateKey)))
  return sequence(info, encodeSignatureAlgorithm('ecdsa-with-SHA256'), signature)
}

test('a damaged CSR is rejected with the same code as by WebCrypto, and a valid one accepted with the same hash', async () => {
  const judge = (csr: Uint8Array, proofs: RequestProofs) =>
    checkCertificateRequest(csr, keyKinds, undefined, proofs).then(({ spkiSha256 }) => spkiSha256, codeOf)
  const seeds = ['P-256', 'P-384', 'P-521'].map(makeCsr)
  for (const seed of seeds) {
    expect(await judge(seed, requestProofs)).toMatch(/^[0-9a-f]{64}$/)
    expect(await judge(seed, requestProofs)).toBe(await judge(seed, webProofs))
  }
  await fc.assert(
    fc.asyncProperty(damagedBytes(seeds), async (csr) => {
      expect(await judge(csr, requestProofs)).toBe(await judge(csr, webProofs))
    }),
    { numRuns: 1500 },
  )
})
