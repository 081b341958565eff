import { constructedTag } from '../der/der-tags.ts'
import { bitString, element, integer, sequence } from '../der/der-writer.ts'
import { encodeEcdsaSignature } from '../key/ecdsa-signature.ts'
import { encodeSignatureAlgorithm, type SignatureAlgorithm } from '../key/signature-algorithm.ts'
import { type DistinguishedName, encodeName } from '../name/name.ts'

/** A kind of key that WebCrypto makes and that can sign a CSR. */
export type NewKeyKind = 'ec-p256' | 'ec-p384' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ed25519'

/** How WebCrypto makes a key of a kind, and how it signs. */
interface KeyParameters {
  generation: {
    name: string
    namedCurve?: string
    modulusLength?: number
    publicExponent?: Uint8Array<ArrayBuffer>
    hash?: string
  }
  signing: { name: string; hash?: string }
  signatureAlgorithm: SignatureAlgorithm
}

const rsa = (modulusLength: number): KeyParameters => ({
  generation: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
  signing: { name: 'RSASSA-PKCS1-v1_5' },
  signatureAlgorithm: 'sha256WithRSAEncryption',
})

const parameters: Record<NewKeyKind, KeyParameters> = {
  'ec-p256': {
    generation: { name: 'ECDSA', namedCurve: 'P-256' },
    signing: { name: 'ECDSA', hash: 'SHA-256' },
    signatureAlgorithm: 'ecdsa-with-SHA256',
  },
  'ec-p384': {
    generation: { name: 'ECDSA', namedCurve: 'P-384' },
    signing: { name: 'ECDSA', hash: 'SHA-384' },
    signatureAlgorithm: 'ecdsa-with-SHA384',
  },
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
  ed25519: {
    generation: { name: 'Ed25519' },
    signing: { name: 'Ed25519' },
    signatureAlgorithm: 'ed25519',
  },
}

/** A new private key and the CSR that is signed with it. */
export interface NewKey {
  /** The private key, DER of PKCS#8 (RFC 5958). */
  pkcs8: Uint8Array
  /** The CSR, DER of PKCS#10 (RFC 2986). */
  request: Uint8Array
}

/**
 * Returns a new private key and a CSR for `subject`. The key is extractable only inside this call, which exports it
 * once. Throws the error of WebCrypto if the platform does not make keys of this kind.
 */
export async function createKeyAndRequest(kind: NewKeyKind, subject: DistinguishedName): Promise<NewKey> {
  const { generation, signing, signatureAlgorithm } = parameters[kind]
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(generation, true, [
    'sign',
    'verify',
  ])) as { privateKey: SigningKey; publicKey: SigningKey }
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
  const info = encodeRequestInfo(subject, spki)
  const raw = new Uint8Array(await crypto.subtle.sign(signing, privateKey, new Uint8Array(info)))
  const signature = signing.name === 'ECDSA' ? encodeEcdsaSignature(raw) : raw
  const request = sequence(info, encodeSignatureAlgorithm(signatureAlgorithm), bitString(signature))
  return { pkcs8: new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey)), request }
}

type SigningKey = Parameters<typeof crypto.subtle.sign>[1]

/** Returns CertificationRequestInfo (RFC 2986, section 4.1) without attributes; the empty set is mandatory. */
function encodeRequestInfo(subject: DistinguishedName, spki: Uint8Array): Uint8Array {
  return sequence(integer(0), encodeName(subject), spki, element(constructedTag(0)))
}

/** Returns whether this platform makes keys of a kind: older browsers lack Ed25519, insecure pages have no keys. */
export async function canCreateKey(kind: NewKeyKind): Promise<boolean> {
  if (globalThis.crypto?.subtle === undefined) return false
  if (kind !== 'ed25519') return true
  try {
    await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
    return true
  } catch {
    return false
  }
}
