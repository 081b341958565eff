import { createPrivateKey, createPublicKey } from 'node:crypto'

/** Returns the SubjectPublicKeyInfo of a private key, both DER. */
export function readSpki(pkcs8: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}
