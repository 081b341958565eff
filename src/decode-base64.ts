/**
 * Decodes base64url without padding (RFC 7515, section 2); returns undefined for any other spelling of the
 * octets: other letters, padding and non-zero spare bits would give one token many texts.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}

/**
 * Decodes base64 with its padding (RFC 4648, section 4); returns undefined for any other spelling of the
 * octets.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}
