/**
 * Decodes percent-encoded PEM, as nginx and Envoy send it, to DER. Throws `URIError` for invalid encoding.
 */
export function decodeEscapedPem(value: string): Uint8Array {
  const pem = decodeURIComponent(value)
  const [, body = ''] = /^-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----\s*$/.exec(pem) ?? []
  return decodeBase64(body.replaceAll(/\s/g, ''))
}

/** Decodes base64 to DER; empty if any character is not base64 (RFC 4648, section 3.3). */
export function decodeBase64(value: string): Uint8Array {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value)
    ? new Uint8Array(Buffer.from(value, 'base64'))
    : new Uint8Array()
}

/** Decodes the first of several certificates in comma-separated base64, which may be percent-encoded. */
export function decodeElements(value: string): Uint8Array {
  const [leaf = ''] = decodeURIComponent(value).split(',')
  return decodeBase64(leaf)
}
