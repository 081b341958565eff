import { fromBase64, fromHex } from '../der/fingerprint.ts'
import { restoreText } from './restore-text.ts'

/**
 * Returns the octets of a pasted signature: base64 or base64url, or the hexadecimal digits that `openssl
 * dgst` prints after an equals sign, even if programs have changed the text in transit. Throws `bad_request`
 * for other text.
 */
export function readPastedSignature(text: string): Uint8Array {
  const restored = restoreText(text).replaceAll(/^\s*(?:>[> ]{0,20})/gm, '')
  const [, digits = ''] = /(?:^|\)= )\s*([0-9a-f:\s]{100,})$/i.exec(restored.trim()) ?? []
  const hex = digits.replaceAll(/[:\s]/g, '')
  if (hex !== '' && hex.length % 2 === 0) return fromHex(hex)
  const letters = restored.replaceAll(/-{2,}[^-]{0,60}-{2,}|[\s"',;]/g, '')
  return fromBase64(letters.replaceAll('-', '+').replaceAll('_', '/'))
}
