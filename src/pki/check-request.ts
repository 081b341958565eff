import { PosternError } from '../errors.ts'
import { type CertificateRequest, parseCertificateRequest } from './certificate-request.ts'
import { sha256, toHex } from './fingerprint.ts'
import { assertKeyAllowed, type KeyPolicy } from './public-key.ts'
import { assertModulusStrong } from './rsa-weakness.ts'
import type { RequestSignatureAlgorithm } from './signature-algorithm.ts'
import { isAlgorithmOfKey, isSignatureValid } from './verify-signature.ts'

declare const checked: unique symbol

/** A request whose key the policy allows and whose maker has that key; only {@link checkCertificateRequest} makes one. */
export type CheckedRequest = CertificateRequest & {
  /** The SHA-256 of the SubjectPublicKeyInfo, lower-case hex: names the key. */
  spkiSha256: string
  readonly [checked]: true
}

const goodHashes = ['SHA-256', 'SHA-384', 'SHA-512']

/**
 * Reads a request and proves what can be proven from it alone: the key is one that `policy` allows, the
 * signature is strong and made with that very key. Throws the codes of parseCertificateRequest,
 * assertKeyAllowed and assertModulusStrong, `csr_signature_weak`, `csr_signature_mismatch` and
 * `csr_signature_invalid`.
 */
export async function checkCertificateRequest(
  input: string | Uint8Array,
  policy: KeyPolicy,
): Promise<CheckedRequest> {
  const request = parseCertificateRequest(input)
  const { publicKey } = request
  assertKeyAllowed(publicKey, policy)
  if (publicKey.modulus !== undefined) assertModulusStrong(publicKey.modulus)
  assertStrong(request.signatureAlgorithm)
  if (!isAlgorithmOfKey(request.signatureAlgorithm, publicKey))
    throw new PosternError(
      'csr_signature_mismatch',
      `This CSR holds an ${publicKey.label} key, but a signature that no such key makes (${request.signatureAlgorithm.name}). Make the CSR again from your key and submit it unchanged.`,
    )
  if (!(await isSignatureValid(request)))
    throw new PosternError(
      'csr_signature_invalid',
      'The signature of this CSR does not belong to its key: the file was changed or damaged. Make the CSR again from your key and submit it unchanged.',
    )
  const spkiSha256 = toHex(await sha256(publicKey.spki))
  return { ...request, spkiSha256 } as CheckedRequest
}

function assertStrong({ keyAlgorithm, hash, name }: RequestSignatureAlgorithm): void {
  if (keyAlgorithm === 'Ed25519' || (keyAlgorithm && hash && goodHashes.includes(hash))) return
  throw new PosternError(
    'csr_signature_weak',
    `This CSR is signed with ${hash ?? name}, which is not accepted. Make it again with SHA-256 (OpenSSL: -sha256), SHA-384 or SHA-512.`,
  )
}
