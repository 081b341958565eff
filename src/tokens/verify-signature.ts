import { constants, type KeyObject, verify } from 'node:crypto'
import type { TokenAlgorithm } from '../contract/environment.ts'

/**
 * OpenSSL's parameters for a signature of each algorithm (RFC 7518, sections 3.3 to 3.5; RFC 8037, section
 * 3.1).
 */
const parametersOf: Record<TokenAlgorithm, object> = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: {},
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  EdDSA: {},
}

/**
 * Returns whether the key has made a JWS signature of that algorithm over `content`; computed on the thread
 * pool.
 */
export function isSignedBy(
  { algorithm, publicKey }: { algorithm: TokenAlgorithm; publicKey: KeyObject },
  content: string,
  signature: Uint8Array,
): Promise<boolean> {
  if (!hasLengthOf(publicKey, signature)) return Promise.resolve(false)
  const key = { key: publicKey, ...parametersOf[algorithm] }
  return new Promise((resolve) => {
    verify(algorithm === 'EdDSA' ? null : 'sha256', Buffer.from(content), key, signature, (error, isValid) =>
      resolve(!error && isValid),
    )
  })
}

/**
 * Returns whether an RSA signature has the length of its key (RFC 8017, sections 8.1.2 and 8.2.2): OpenSSL takes one of
 * RSA-PSS that begins with 0 without that octet too, and a token would have two spellings.
 */
function hasLengthOf({ asymmetricKeyDetails }: KeyObject, signature: Uint8Array): boolean {
  const bits = asymmetricKeyDetails?.modulusLength
  return bits === undefined || signature.length === Math.ceil(bits / 8)
}
