import { expect, test } from 'vitest'
import { toBase64, toBase64Url, toHex } from '../der/fingerprint.ts'
import { readPastedSignature } from './read-pasted-signature.ts'

/** Contains every letter of base64. */
const signature = Uint8Array.from({ length: 256 }, (_, i) => (i * 167) & 0xff)
const base64 = toBase64(signature)
const inLines = base64.replace(/.{64}/g, '$&\n')

test.each([
  ['in one line of base64', base64],
  ['in lines', inLines],
  ['quoted in an email', inLines.replace(/^/gm, '> ')],
  ['with literal line ends', JSON.stringify(inLines)],
  ['in base64url', toBase64Url(signature)],
  ['between lines like those of PEM', `-----BEGIN SIGNATURE-----\n${inLines}\n-----END SIGNATURE-----`],
  ['quoted-printable', base64.replaceAll('=', '=3D')],
  ['with zero-width spaces', base64.replaceAll('A', 'A\u200b')],
  ['as openssl dgst prints it', `SHA2-256(statement.txt)= ${toHex(signature)}\n`],
  ['in hexadecimal digits with colons', toHex(signature).replace(/..(?=.)/g, '$&:')],
])('a pasted signature is read %s', (_, text) => {
  expect(toHex(readPastedSignature(text))).toBe(toHex(signature))
})

test('text that is not a signature is rejected', () => {
  expect(() => readPastedSignature('Dear Sir or Madam!')).toThrow(
    expect.objectContaining({ code: 'bad_request' }),
  )
})
