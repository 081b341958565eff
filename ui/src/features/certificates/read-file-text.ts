import { toBase64 } from '../../../../src/pki/der/fingerprint.ts'

/** Returns a file as text if it is UTF-8 text, otherwise in base64. */
export async function readFileText(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // DER and signatures may be valid UTF-8 by chance, with characters that text does not contain.
    return /[^\P{Cc}\t\r\n]/u.test(text) ? toBase64(bytes) : text
  } catch {
    return toBase64(bytes)
  }
}
