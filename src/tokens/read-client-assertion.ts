import { decodeBase64url } from '../decode-base64.ts'

const maxCharacters = 8192

/**
 * The claims of a client assertion (RFC 7523, section 3) before verification. Times are seconds since 1970.
 */
export interface ClientAssertion {
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
  /** The signed content and the signature (RFC 7515, section 5.2). */
  signed: string
  signature: Uint8Array
}

/**
 * Parses a JWT in compact form; returns undefined for any other text, including other spellings of the same
 * octets.
 */
export function readClientAssertion(text: string): ClientAssertion | undefined {
  const [head = '', payload = '', tail = '', ...rest] = text.split('.')
  if (text.length > maxCharacters || rest.length > 0) return undefined
  const [header, claims, signature] = [readObject(head), readObject(payload), decodeBase64url(tail)]
  return header && claims && signature && { header, claims, signed: `${head}.${payload}`, signature }
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const octets = decodeBase64url(text)
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
