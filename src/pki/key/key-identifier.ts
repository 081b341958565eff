import { openSequence } from '../der/der-reader.ts'
import { sha256 } from '../der/fingerprint.ts'

/**
 * Returns the key identifier for extensions: the first 160 bits of the SHA-256 of the key itself (RFC 7093,
 * section 2, method 1). Throws `key_malformed`.
 */
export async function keyIdentifier(
  spki: Uint8Array,
  hash: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array> = sha256,
): Promise<Uint8Array> {
  const reader = openSequence(spki, 'key_malformed')
  reader.readSequence()
  const key = reader.readBitString()
  reader.assertEnd()
  return (await hash(key)).subarray(0, 20)
}
