import { malformed } from '../der/malformed.ts'
import { parseEcdsaSignature } from '../key/ecdsa-signature.ts'
import type { PublicKey } from '../key/public-key.ts'
import type { RequestSignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { CertificateRequest } from './certificate-request.ts'

/** Octets of the hashes that Postern accepts with RSA-PSS. */
const hashOctets: Record<string, number> = { 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }

/** Returns whether a key of this kind makes signatures of this algorithm; RSA keys make both of theirs. */
export function isAlgorithmOfKey({ keyAlgorithm }: RequestSignatureAlgorithm, key: PublicKey): boolean {
  return keyAlgorithm?.replace('-PSS', '') === key.algorithm
}

/** The input of verification: bytes and their signature in the format of X.509. */
export type SignedBytes = Pick<
  CertificateRequest,
  'publicKey' | 'signatureAlgorithm' | 'certificationRequestInfo' | 'signature'
>

/**
 * Returns whether a CSR is signed with the key in it. Expects an algorithm that WebCrypto supports and that
 * matches the key.
 */
export async function isSignatureValid(request: SignedBytes): Promise<boolean> {
  const { publicKey, signatureAlgorithm } = request
  const { keyAlgorithm = publicKey.algorithm, hash = '', saltLength = 0 } = signatureAlgorithm
  const signature = toWebCryptoSignature(publicKey, request.signature)
  if (!signature || !hasRoomForSalt(publicKey, signatureAlgorithm)) return false
  const algorithm = { name: webCryptoNames[keyAlgorithm], hash, saltLength }
  const parameters = publicKey.curve ? { ...algorithm, namedCurve: publicKey.curve } : algorithm
  const key = await importKey(publicKey, parameters)
  return crypto.subtle.verify(algorithm, key, signature, new Uint8Array(request.certificationRequestInfo))
}

/**
 * Returns whether the salt fits the key (RFC 8017, section 9.1.1, step 3): a longer one belongs to no
 * signature, and WebCrypto throws.
 */
function hasRoomForSalt({ bits }: PublicKey, { hash = '', saltLength }: RequestSignatureAlgorithm): boolean {
  if (saltLength === undefined) return true
  return Math.ceil((bits - 1) / 8) >= (hashOctets[hash] ?? 0) + saltLength + 2
}

type KeyParameters = { name: string; hash: string; namedCurve?: string }

async function importKey({ spki }: PublicKey, parameters: KeyParameters) {
  try {
    return await crypto.subtle.importKey('spki', new Uint8Array(spki), parameters, false, ['verify'])
  } catch (cause) {
    // Any other failure is that of the platform, such as a browser without the algorithm.
    if (cause instanceof Error && cause.name !== 'DataError') throw cause
    throw malformed('key_malformed', 'the cryptographic library does not take it')
  }
}

const webCryptoNames = {
  EC: 'ECDSA',
  RSA: 'RSASSA-PKCS1-v1_5',
  'RSA-PSS': 'RSA-PSS',
  Ed25519: 'Ed25519',
} as const

/** Returns the signature as WebCrypto takes it; undefined if its length is wrong (RFC 8017, sections 8.1.2 and 8.2.2). */
function toWebCryptoSignature(
  { algorithm: keyAlgorithm, curve, bits }: PublicKey,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  // OpenSSL takes an RSA-PSS signature that begins with 0 without that octet too.
  if (keyAlgorithm === 'RSA' && signature.length !== Math.ceil(bits / 8)) return undefined
  if (!curve) return new Uint8Array(signature)
  const raw = parseEcdsaSignature(signature, Math.ceil(bits / 8), 'csr_malformed')
  return raw && new Uint8Array(raw)
}
