import { toBase64 } from '../../../../src/pki/der/fingerprint.ts'

/** A file as text where it is text in UTF-8, else in base64. */
export async function readFileText(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // DER and signatures may be valid UTF-8 by chance, and hold characters that no text has.
    return /[^\P{Cc}\t\r\n]/u.test(text) ? toBase64(bytes) : text
  } catch {
    return toBase64(bytes)
  }
}
