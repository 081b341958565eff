import { createHash, verify } from 'node:crypto'
import { malformed } from '../../pki/der/malformed.ts'
import { parseEcdsaSignature } from '../../pki/key/ecdsa-signature.ts'
import type { RequestProofs } from '../../pki/request/check-request.ts'
import { isSignatureValid } from '../../pki/request/verify-signature.ts'

/**
 * Verifies CSR signatures with Node's own cryptography: for elliptic curve keys, which most CSRs have, it
 * takes a third of WebCrypto's time. The result is the same.
 */
export const requestProofs: RequestProofs = {
  isSignatureValid(request) {
    const { publicKey, signatureAlgorithm, certificationRequestInfo, signature } = request
    const hash = signatureAlgorithm.hash?.replace('-', '').toLowerCase()
    if (!publicKey.curve || !hash) return isSignatureValid(request)
    if (!parseEcdsaSignature(signature, Math.ceil(publicKey.bits / 8), 'csr_malformed')) return false
    try {
      return verify(hash, certificationRequestInfo, toKey(publicKey.spki), signature)
    } catch {
      throw malformed('key_malformed', 'the cryptographic library does not take it')
    }
  },
  sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
}

const toKey = (spki: Uint8Array) => ({
  key: Buffer.from(spki),
  format: 'der' as const,
  type: 'spki' as const,
})
