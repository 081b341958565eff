import { openSequence } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import { sequence, unsignedInteger } from '../der/der-writer.ts'
import { type MalformedCode, malformed } from '../der/malformed.ts'

/**
 * Returns r ‖ s, each of `size` octets as WebCrypto expects, from the DER of an ECDSA-Sig-Value (RFC 3279,
 * section 2.2.3); `undefined` if a number is not positive or too long.
 */
export function parseEcdsaSignature(
  der: Uint8Array,
  size: number,
  code: MalformedCode,
): Uint8Array | undefined {
  if (der.length === 2 * size && !startsAsDer(der))
    throw malformed(code, 'its ECDSA signature is r and s side by side, as WebCrypto gives it, and not DER')
  const reader = openSequence(der, code)
  const raw = new Uint8Array(2 * size)
  for (const half of [1, 2]) {
    const octets = reader.readInteger()
    const magnitude = octets[0] === 0 ? octets.subarray(1) : octets
    if ((octets[0] as number) >= 0x80 || magnitude.length === 0 || magnitude.length > size) return undefined
    raw.set(magnitude, half * size - magnitude.length)
  }
  reader.assertEnd()
  return raw
}

/** Returns whether the outermost element ends with the octets. */
function startsAsDer(der: Uint8Array): boolean {
  const [tag, length, longLength] = der
  return (
    tag === tags.sequence && (length === der.length - 2 || (length === 0x81 && longLength === der.length - 3))
  )
}

/** Returns the DER of an ECDSA-Sig-Value (RFC 3279, section 2.2.3) from r ‖ s, both of the same size. */
export function encodeEcdsaSignature(raw: Uint8Array): Uint8Array {
  const size = raw.length / 2
  return sequence(unsignedInteger(raw.subarray(0, size)), unsignedInteger(raw.subarray(size)))
}
