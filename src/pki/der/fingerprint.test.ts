import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprintText, fromBase64, fromHex, sha256, toBase64, toBase64Url, toHex } from './fingerprint.ts'

test("hex and base64 match Node's encodings, and are decoded again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      const nodes = Buffer.from(bytes)
      expect(toHex(bytes)).toBe(nodes.toString('hex'))
      expect(toBase64(bytes)).toBe(nodes.toString('base64'))
      expect(toBase64Url(bytes)).toBe(nodes.toString('base64url'))
      expect(fromHex(toHex(bytes))).toEqual(bytes)
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    }),
    { numRuns: 50 },
  )
})

test('white space in base64 is ignored; other text is rejected', () => {
  expect(fromBase64(' AQ\r\nID\t')).toEqual(Uint8Array.of(1, 2, 3))
  for (const text of ['A', 'AQID*', 'AQ=ID', '-_'])
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'bad_request' }))
})

test('the SHA-256 of a view covers only the view', async () => {
  const abc = new TextEncoder().encode('xabcx').subarray(1, 4)
  // FIPS 180-2, appendix B.1.
  expect(toHex(await sha256(abc))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a fingerprint is formatted with colons', () => {
  expect(fingerprintText('0aff10')).toBe('0A:FF:10')
})
