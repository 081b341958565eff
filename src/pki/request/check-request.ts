import { PosternError } from '../../errors.ts'
import { sha256, toHex } from '../der/fingerprint.ts'
import { findCompromise } from '../key/compromised-keys.ts'
import { assertKeyAllowed, type KeyPolicy, type PublicKey } from '../key/public-key.ts'
import { assertModulusStrong } from '../key/rsa-weakness.ts'
import { type CertificateRequest, parseCertificateRequest } from './certificate-request.ts'
import { isAlgorithmOfKey, isSignatureValid } from './verify-signature.ts'

declare const checked: unique symbol

/** The checks of a CSR by itself; the evidence about a certificate lists each. */
export const requestChecks = [
  'request_well_formed',
  'key_allowed',
  'rsa_modulus_strong',
  'signature_strong',
  'signature_by_its_key',
  'key_not_published',
] as const
export type RequestCheck = (typeof requestChecks)[number]

/**
 * A CSR whose key the policy allows and whose creator possesses that key; only {@link
 * checkCertificateRequest} returns one.
 */
export type CheckedRequest = CertificateRequest & {
  /** The SHA-256 of the SubjectPublicKeyInfo, lower-case hex: identifies the key. */
  spkiSha256: string
  /** The passed checks, in order. */
  checks: readonly RequestCheck[]
  readonly [checked]: true
}

/** Returns where the private key of a key can be found, if it is publicly known. */
export type FindCompromisedKey = (key: PublicKey) => string | undefined

/**
 * Verifies signatures and computes hashes: every platform has WebCrypto, some have a faster implementation.
 */
export interface RequestProofs {
  /** Returns whether a CSR is signed with the key in it. */
  isSignatureValid(request: CertificateRequest): boolean | Promise<boolean>
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

const goodHashes = ['SHA-256', 'SHA-384', 'SHA-512']

/**
 * Parses a CSR and checks everything that can be checked without the store: `policy` allows the key, the
 * signature is strong and made with that key, and the key is not publicly known. `findListedKey` knows keys
 * in addition to the built-in ones. Throws the codes of parseCertificateRequest, assertKeyAllowed and
 * assertModulusStrong, `csr_signature_weak`, `csr_signature_mismatch`, `csr_signature_invalid` and
 * `key_published`.
 */
export async function checkCertificateRequest(
  input: string | Uint8Array,
  policy: KeyPolicy,
  findCompromisedKey: FindCompromisedKey = () => undefined,
  proofs: RequestProofs = { isSignatureValid, sha256 },
): Promise<CheckedRequest> {
  const checks: RequestCheck[] = []
  const request = parseCertificateRequest(input)
  checks.push('request_well_formed')
  const { publicKey } = request
  assertKeyAllowed(publicKey, policy)
  checks.push('key_allowed')
  if (publicKey.rsa) {
    await assertModulusStrong(publicKey.rsa.modulus)
    checks.push('rsa_modulus_strong')
  }
  await assertSignedWithItsKey(request, proofs)
  checks.push('signature_strong', 'signature_by_its_key')
  const spkiSha256 = toHex(await proofs.sha256(publicKey.spki))
  const where = findCompromise(spkiSha256) ?? findCompromisedKey(publicKey)
  if (where !== undefined)
    throw new PosternError(
      'key_published',
      `The private key behind this CSR is known to everybody: ${where}. Make a new key of your own and a new CSR.`,
    )
  checks.push('key_not_published')
  const passed: readonly RequestCheck[] = checks
  return { ...request, spkiSha256, checks: passed } as CheckedRequest
}

async function assertSignedWithItsKey(request: CertificateRequest, proofs: RequestProofs): Promise<void> {
  const { publicKey, signatureAlgorithm } = request
  const { keyAlgorithm, hash, name } = signatureAlgorithm
  if (keyAlgorithm !== 'Ed25519' && !(keyAlgorithm && hash && goodHashes.includes(hash)))
    throw new PosternError(
      'csr_signature_weak',
      `This CSR is signed with ${hash ?? name}, which is not accepted. Make it from the same key with OpenSSL (openssl req -new -sha256 -key client.key -out client.csr), or choose SHA-256, SHA-384 or SHA-512 in the program that you use.`,
    )
  if (!isAlgorithmOfKey(signatureAlgorithm, publicKey))
    throw new PosternError(
      'csr_signature_mismatch',
      `This CSR holds an ${publicKey.label} key, but a signature that no such key makes (${name}). Make the CSR from the same key with OpenSSL (openssl req -new -key client.key -out client.csr) and submit it unchanged.`,
    )
  if (await proofs.isSignatureValid(request)) return
  throw new PosternError(
    'csr_signature_invalid',
    'The signature of this CSR does not belong to its key: the file was changed or damaged, or its program signs wrongly. Make the CSR again from your key and submit it unchanged; if that does not help, make it with OpenSSL (openssl req -new -key client.key -out client.csr).',
  )
}
