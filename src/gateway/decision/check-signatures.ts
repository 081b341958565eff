import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { ParsedCertificate } from '../../pki/certificate/certificate.ts'

/** Verifying with larger keys costs more than the handshake costs the client. */
const maxRsaBits = 8192
const maxExponent = 2n ** 32n
/**
 * How many signatures are verified for one certificate with keys that its sender provides, and with those of
 * trusted issuers.
 */
const maxSignatures = 16
const maxTrusted = 64

type SignatureCheck = (certificate: ParsedCertificate, spki: Uint8Array) => boolean

/**
 * Returns whether a key (SubjectPublicKeyInfo) has signed a certificate; false also for a key or an algorithm
 * that OpenSSL rejects, and for RSA keys above 8192 bits or with an exponent above 32 bits.
 */
export const isSignedBy: SignatureCheck = ({ der }, spki) => {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return isReasonable(key) && new X509Certificate(der).verify(key)
  } catch {
    return false
  }
}

/**
 * Returns the same for one certificate of an unknown client: false for every signature after the sixteenth
 * with keys that came with it, and after the 64th with those of trusted issuers.
 */
export function createSignatureCheck(trusted: readonly ParsedCertificate[]): SignatureCheck {
  const trustedKeys = new Set(trusted.map(({ spki }) => spki))
  let left = maxSignatures
  let trustedLeft = maxTrusted
  return (certificate, spki) => {
    if (trustedKeys.has(spki)) trustedLeft -= 1
    else left -= 1
    return left >= 0 && trustedLeft >= 0 && isSignedBy(certificate, spki)
  }
}

function isReasonable({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  return modulusLength <= maxRsaBits && publicExponent < maxExponent
}
