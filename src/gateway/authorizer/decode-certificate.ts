/** The DER in PEM that has been percent-encoded, as nginx and Envoy write it. Throws `URIError` for broken encoding. */
export function decodeEscapedPem(value: string): Uint8Array {
  const pem = decodeURIComponent(value)
  const [, body = ''] = /^-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----\s*$/.exec(pem) ?? []
  return decodeBase64(body.replaceAll(/\s/g, ''))
}

/** The DER in base64; nothing of it where any character is none of base64 (RFC 4648, 3.3). */
export function decodeBase64(value: string): Uint8Array {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(value)
    ? new Uint8Array(Buffer.from(value, 'base64'))
    : new Uint8Array()
}

/** The first of several certificates in base64 with commas between, which may be percent-encoded. */
export function decodeElements(value: string): Uint8Array {
  const [leaf = ''] = decodeURIComponent(value).split(',')
  return decodeBase64(leaf)
}
