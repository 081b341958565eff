/**
 * The octets of a text in base64url without padding (RFC 7515, 2), or nothing for any other spelling of them: other
 * letters, padding and spare bits that are not zero would give one token many texts.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64url')
  return octets.toString('base64url') === text ? octets : undefined
}

/** The octets of a text in base64 with its padding (RFC 4648, 4), or nothing for any other spelling of them. */
export function decodeBase64(text: string): Buffer | undefined {
  const octets = Buffer.from(text, 'base64')
  return octets.toString('base64') === text ? octets : undefined
}
