import { X509Certificate } from 'node:crypto'
import type { keyKinds } from '../contract/environment.ts'
import { getKeyKind } from '../pki/key/public-key.ts'

const curves = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const

/**
 * Returns the kind of the key in a certificate that Postern has issued or registered; undefined if OpenSSL cannot read it.
 * Many are read in one go, and OpenSSL does not verify that the key is a point of its curve.
 */
export function readKeyKind(der: Uint8Array): (typeof keyKinds)[number] | undefined {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = new X509Certificate(der).publicKey
    if (type === 'rsa') return getKeyKind({ algorithm: 'RSA', bits: details?.modulusLength ?? 0 })
    if (type === 'ed25519') return getKeyKind({ algorithm: 'Ed25519', bits: 256 })
    const curve = curves[details?.namedCurve as keyof typeof curves]
    return curve && getKeyKind({ algorithm: 'EC', curve, bits: 0 })
  } catch {
    return undefined
  }
}
