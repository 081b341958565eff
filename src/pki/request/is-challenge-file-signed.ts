import { PosternError } from '../../errors.ts'
import type { PublicKey } from '../key/public-key.ts'
import type { RequestSignatureAlgorithm } from '../key/signature-algorithm.ts'
import { isSignatureValid } from './verify-signature.ts'

const hashes = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }

/**
 * Returns whether a key has signed a challenge file, as `openssl dgst -sign` does with SHA-2 and RSA (PKCS #1
 * v1.5, or PSS with a salt as long as the hash) or ECDSA, or `openssl pkeyutl -sign -rawin` with Ed25519.
 * Changed line ends make no difference.
 */
export async function isChallengeFileSigned(
  statement: string,
  signature: Uint8Array,
  publicKey: PublicKey,
): Promise<boolean> {
  const windows = statement.replaceAll('\n', '\r\n')
  for (const text of [statement, statement.trimEnd(), windows, windows.trimEnd()])
    for (const signatureAlgorithm of listAlgorithms(publicKey)) {
      const certificationRequestInfo = new TextEncoder().encode(text)
      if (await isSigned({ publicKey, signatureAlgorithm, certificationRequestInfo, signature })) return true
    }
  return false
}

function listAlgorithms({ algorithm }: PublicKey): RequestSignatureAlgorithm[] {
  const unnamed = { oid: '', name: '' }
  if (algorithm === 'Ed25519') return [{ ...unnamed, keyAlgorithm: 'Ed25519' }]
  return Object.entries(hashes).flatMap(([hash, saltLength]) => [
    { ...unnamed, keyAlgorithm: algorithm, hash },
    ...(algorithm === 'RSA' ? [{ ...unnamed, keyAlgorithm: 'RSA-PSS' as const, hash, saltLength }] : []),
  ])
}

async function isSigned(given: Parameters<typeof isSignatureValid>[0]): Promise<boolean> {
  try {
    return await isSignatureValid(given)
  } catch (error) {
    // The bytes are not a signature of such a key.
    if (error instanceof PosternError) return false
    throw error
  }
}
