const formats: readonly (readonly [RegExp, string])[] = [
  [/^\0|(?:[^\0]\0){4}/, 'UTF-16 text'],
  [
    /^\s*(?:sk-)?(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-[a-z0-9-]+)(?:@openssh\.com)?\s|^\s*---- BEGIN SSH2/,
    'an SSH key',
  ],
  [/^%PDF-/, 'a PDF file'],
  [/^PK\p{Cc}{2}/u, 'an Office document or a ZIP archive'],
  [/^\ufffdPNG|^GIF8/, 'a picture'],
  [/^\s*\{\\rtf/, 'a document in RTF; save it as plain text'],
  [
    /^\s*30[\s:]?8[0-4](?:[\s:]?[0-9a-f]{2})+\s*$/i,
    'a file in hexadecimal digits; give it as PEM or in base64',
  ],
  [/-----BEGIN PGP/, 'a PGP message or key'],
  [/^\s*[{[]/, 'JSON'],
  [/^\s*</, 'HTML or XML'],
  [/^\s*openssl\s/, 'the OpenSSL command itself; run it first, it makes the .csr file'],
  [/^\s*Certificate Request:\s/, 'the readable print-out of a CSR without the CSR itself'],
]

/** Returns the kind of text that a user gave instead of PEM, or `undefined` if it is unknown. */
export function nameTextFormat(text: string): string | undefined {
  return formats.find(([pattern]) => pattern.test(text))?.[1]
}
