import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { assembleSigned } from '../pki/certificate-profile.ts'
import { signatureAlgorithmOf } from '../pki/issuer-facts.ts'
import { parsePublicKey } from '../pki/public-key.ts'
import type { SignatureAlgorithm } from '../pki/signature-algorithm.ts'

const hashes: Record<SignatureAlgorithm, string | null> = {
  'ecdsa-with-SHA256': 'sha256',
  'ecdsa-with-SHA384': 'sha384',
  sha256WithRSAEncryption: 'sha256',
  ed25519: null,
}

/** The SubjectPublicKeyInfo that belongs to a private key. */
export function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}

/** Signs a TBSCertificate or TBSCertList and gives the complete DER. */
export async function signTbs(key: KeyObject, tbs: Uint8Array): Promise<Uint8Array> {
  const algorithm = signatureAlgorithmOf(parsePublicKey(spkiOf(key)))
  return assembleSigned(tbs, algorithm, await signBytes(key, algorithm, tbs))
}

/** The signature of `bytes`; one of ECDSA as the DER of ECDSA-Sig-Value. */
export function signBytes(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // The callback form signs on the thread pool.
    sign(hashes[algorithm], bytes, key, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })
}
