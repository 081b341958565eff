import { verify as verifyByOpenssl } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeEcdsaCases } from '../../../test/vectors/ecdsa-cases.ts'
import { makeEd25519Cases, makeSmallOrderKeys } from '../../../test/vectors/ed25519-cases.ts'
import { makePkcs1Cases } from '../../../test/vectors/rsa-pkcs1-cases.ts'
import { makePssCases } from '../../../test/vectors/rsa-pss-cases.ts'
import type { SignatureCase } from '../../../test/vectors/signature-case.ts'
import { openCurve } from '../../../test/vectors/weierstrass-points.ts'
import { PosternError } from '../../errors.ts'
import { parsePublicKey } from '../key/public-key.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { isSignatureValid } from './verify-signature.ts'

/**
 * Returns whether the signature is accepted; an unreadable signature is rejected like the whole CSR would be.
 */
async function isTaken({ spki, algorithm, message, signature }: SignatureCase): Promise<boolean> {
  const request = {
    publicKey: parsePublicKey(spki),
    signatureAlgorithm: algorithm,
    certificationRequestInfo: message,
    signature,
  }
  try {
    return await isSignatureValid(request as CertificateRequest)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'csr_malformed') return false
    throw error
  }
}

describe.each([
  ['ECDSA P-256', makeEcdsaCases('P-256', 'SHA-256')],
  ['ECDSA P-256 with a longer hash', makeEcdsaCases('P-256', 'SHA-512')],
  ['ECDSA P-384', makeEcdsaCases('P-384', 'SHA-384')],
  ['ECDSA P-521', makeEcdsaCases('P-521', 'SHA-512')],
  ['ECDSA P-521 with a shorter hash', makeEcdsaCases('P-521', 'SHA-256')],
  ['Ed25519', makeEd25519Cases()],
  ['RSA 2048', makePkcs1Cases(2048)],
  ['RSA 3072', makePkcs1Cases(3072)],
  ['RSA-PSS 2048', makePssCases(2048)],
])('signature verification with %s', (_, cases) => {
  test.each(cases.map((each) => [each.isValid ? 'takes' : 'refuses', each.name, each] as const))(
    '%s %s',
    async (_verb, _name, each) => {
      expect(await isTaken(each)).toBe(each.isValid)
    },
  )
})

test('ECDSA signatures are verified with the same result as by OpenSSL', async () => {
  for (const each of makeEcdsaCases('P-256', 'SHA-256')) {
    const key = { key: Buffer.from(each.spki), type: 'spki', format: 'der' } as const
    expect([each.name, verifyByOpenssl('sha256', each.message, key, each.signature)]).toEqual([
      each.name,
      each.isValid,
    ])
  }
})

describe('a key for signature verification is rejected', () => {
  test.each(['P-256', 'P-384', 'P-521'] as const)('if it is not a point of %s', (name) => {
    const { p, size, base, encodePoint, toSpki, findPoint } = openCurve(name)
    const point = findPoint(1n)
    const right = encodePoint(base)
    const others = [
      Uint8Array.of(0),
      new Uint8Array(),
      new Uint8Array(1 + 2 * size),
      Uint8Array.of(4),
      Uint8Array.of(4, ...new Uint8Array(2 * size)),
      encodePoint({ x: base.x, y: base.y + 1n }),
      encodePoint({ x: base.y, y: base.x }),
      encodePoint({ x: p, y: base.y }),
      encodePoint({ x: p - 1n, y: p }),
      encodePoint(base, 2),
      encodePoint(base, 3),
      encodePoint(base, 6),
      encodePoint(base, 7),
      right.subarray(0, -1),
      Uint8Array.of(...right, 0),
      Uint8Array.of(2 + Number(base.y & 1n), ...right.subarray(1, 1 + size)),
      ...(name === 'P-521' ? [encodePoint({ x: point.x + p, y: point.y })] : []),
    ]
    expect(parsePublicKey(toSpki(right)).curve).toBe(name)
    for (const other of others) expect(() => parsePublicKey(toSpki(other))).toThrow(PosternError)
  })

  test('if it is a key of Ed25519 for which a signature proves nothing', () => {
    for (const spki of makeSmallOrderKeys()) expect(() => parsePublicKey(spki)).toThrow(PosternError)
  })
})
