import { toBase64 } from '../../../../src/pki/fingerprint.ts'

/** A file as text where it is text, else in base64. */
export async function readFileText(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const isText = bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  return isText ? new TextDecoder().decode(bytes) : toBase64(bytes)
}
