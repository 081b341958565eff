import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { PosternError } from '../errors.ts'
import { parsePublicKey } from '../pki/key/public-key.ts'
import type { SignatureAlgorithm } from '../pki/key/signature-algorithm.ts'
import { assembleSigned } from '../pki/profile/certificate-profile.ts'
import { getSignatureAlgorithm } from '../pki/profile/issuer-details.ts'
import { SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { SoundResponseData } from '../pki/status/lint-ocsp-answer.ts'
import { SoundTbsCertList } from '../pki/status/lint-revocation-list.ts'

const hashes: Record<SignatureAlgorithm, string | null> = {
  'ecdsa-with-SHA256': 'sha256',
  'ecdsa-with-SHA384': 'sha384',
  sha256WithRSAEncryption: 'sha256',
  ed25519: null,
}

/** Returns Node's name of an algorithm's hash; null if the algorithm implies it. */
export const hashOf = (algorithm: SignatureAlgorithm): string | null => hashes[algorithm]

/** Returns the SubjectPublicKeyInfo of a private key. */
export function getSpki(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}

/** A usable private key, in memory or in a token. */
export interface SigningKey {
  spki: Uint8Array
  /** The signature of `tbs`; one of ECDSA as the DER of ECDSA-Sig-Value. */
  sign(algorithm: SignatureAlgorithm, tbs: SoundTbs): Promise<Uint8Array>
}

/** What keys of the authority sign, and nothing else: octets that were linted. */
export type SoundTbs = SoundTbsCertificate | SoundTbsCertList | SoundResponseData

/** Returns a signing key for a private key in memory. */
export function toSigningKey(key: KeyObject): SigningKey {
  return { spki: getSpki(key), sign: (algorithm, tbs) => signTbsWith(key, algorithm, tbs) }
}

/** Returns the algorithm with which a key signs certificates and CRLs. */
export const getAlgorithm = (key: Pick<SigningKey, 'spki'>): SignatureAlgorithm =>
  getSignatureAlgorithm(parsePublicKey(key.spki))

/** The octets that were linted. Throws `profile_violation` for what a cast has made. */
export function getOctets(tbs: SoundTbs): Uint8Array {
  if ([SoundTbsCertificate, SoundTbsCertList, SoundResponseData].some((sound) => tbs instanceof sound))
    return tbs.der
  throw new PosternError('profile_violation', 'What was to be signed was not linted, so it was not signed.')
}

/** Signs a TBSCertificate or TBSCertList and returns the complete DER. */
export async function signTbs(
  key: SigningKey,
  tbs: SoundTbsCertificate | SoundTbsCertList,
): Promise<Uint8Array> {
  const algorithm = getAlgorithm(key)
  return assembleSigned(getOctets(tbs), algorithm, await key.sign(algorithm, tbs))
}

/** The signature of `tbs` by a key in memory; one of ECDSA as the DER of ECDSA-Sig-Value. */
export async function signTbsWith(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  tbs: SoundTbs,
): Promise<Uint8Array> {
  const der = getOctets(tbs)
  // 19 µs with a P-256 key, and as much again for the thread pool. Other keys take longer.
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return sign(hashes[algorithm], der, key)
  return new Promise((resolve, reject) => {
    // The callback form signs on the thread pool.
    sign(hashes[algorithm], der, key, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })
}
