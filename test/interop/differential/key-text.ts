import { createPublicKey } from 'node:crypto'
import { toHex } from '../../../src/pki/der/fingerprint.ts'

export const hexOf = (bytes: ArrayBuffer | Uint8Array): string => toHex(new Uint8Array(bytes))

/**
 * Returns a key as OpenSSL encodes it, so that only a different key is a difference; undefined if OpenSSL
 * rejects the key.
 */
export function keyText(spki: Uint8Array): string | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' })
    return toHex(key.export({ type: 'spki', format: 'der' }))
  } catch {
    return undefined
  }
}
