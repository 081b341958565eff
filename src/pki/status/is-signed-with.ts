import { DerReader } from '../der/der-reader.ts'
import { parsePublicKey } from '../key/public-key.ts'
import { parseSignatureAlgorithm } from '../key/signature-algorithm.ts'
import { isAlgorithmOfKey, isSignatureValid } from '../request/verify-signature.ts'
import { UnusableStatus } from './unusable-status.ts'

/** What a CA or its responder has signed: the octets, the AlgorithmIdentifier, and the signature. */
export interface Signed {
  tbs: Uint8Array
  algorithmDer: Uint8Array
  signature: Uint8Array
}

const hashes = new Set(['SHA-256', 'SHA-384', 'SHA-512'])

/**
 * Returns whether the key (SubjectPublicKeyInfo) has signed the octets. Throws {@link UnusableStatus} for an algorithm
 * that is weak or not known here, and a PosternError for a key or a signature that cannot be read.
 */
export async function isSignedWith(
  { tbs, algorithmDer, signature }: Signed,
  spki: Uint8Array,
): Promise<boolean> {
  const reader = new DerReader(algorithmDer, 'certificate_malformed')
  const signatureAlgorithm = parseSignatureAlgorithm(reader)
  reader.assertEnd()
  const { name, keyAlgorithm, hash } = signatureAlgorithm
  const isStrong = keyAlgorithm === 'Ed25519' || (hash !== undefined && hashes.has(hash))
  if (keyAlgorithm === undefined || !isStrong)
    throw new UnusableStatus(`is signed with ${name}, which is weak or not known here`)
  const publicKey = parsePublicKey(spki)
  if (!isAlgorithmOfKey(signatureAlgorithm, publicKey)) return false
  return isSignatureValid({ publicKey, signatureAlgorithm, certificationRequestInfo: tbs, signature })
}
