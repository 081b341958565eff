import type { CertificateRequest } from './certificate-request.ts'
import { parseEcdsaSignature } from './ecdsa-signature.ts'
import { malformed } from './malformed.ts'
import type { PublicKey } from './public-key.ts'

/**
 * Whether a request is signed with the key that it carries. Expects a signature algorithm that WebCrypto
 * has; an algorithm for another kind of key is simply not valid.
 */
export async function isSignatureValid(request: CertificateRequest): Promise<boolean> {
  const { publicKey, signatureAlgorithm } = request
  const { keyAlgorithm, hash = '', saltLength = 0 } = signatureAlgorithm
  if (keyAlgorithm?.replace('-PSS', '') !== publicKey.algorithm) return false
  const signature = toWebCryptoSignature(publicKey, request.signature)
  if (!signature) return false
  const algorithm = { name: webCryptoNames[keyAlgorithm], hash, saltLength }
  const parameters = publicKey.curve ? { ...algorithm, namedCurve: publicKey.curve } : algorithm
  const key = await importKey(publicKey, parameters)
  return crypto.subtle.verify(algorithm, key, signature, new Uint8Array(request.certificationRequestInfo))
}

type KeyParameters = { name: string; hash: string; namedCurve?: string }

async function importKey({ spki }: PublicKey, parameters: KeyParameters) {
  try {
    return await crypto.subtle.importKey('spki', new Uint8Array(spki), parameters, false, ['verify'])
  } catch (cause) {
    // Any other failure is the platform's, such as a browser that lacks the algorithm.
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

function toWebCryptoSignature(
  { curve, bits }: PublicKey,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (!curve) return new Uint8Array(signature)
  const raw = parseEcdsaSignature(signature, Math.ceil(bits / 8), 'csr_malformed')
  return raw && new Uint8Array(raw)
}
