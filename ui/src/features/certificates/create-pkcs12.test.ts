import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/pki/der/fingerprint.ts'
import { encryptTripleDes } from './create-pkcs12.ts'

// What openssl enc -des-ede3-cbc gives for this key and IV.
test.each([
  ['', '2ea437be9266178c'],
  ['1234567', '7f7f7d5aa07d7c2e'],
  ['12345678', '39a2ca55c5dc4d261297283d6b7fdcf2'],
  ['Postern writes PKCS#12', '56d6aa98015482635041996b41d2394d89be0efe08f3ff36'],
])('3DES of des.js gives the octets of OpenSSL for “%s”', (text, expected) => {
  const key = fromHex('0123456789abcdef23456789abcdef01456789abcdef0123')
  const content = new TextEncoder().encode(text)
  expect(toHex(encryptTripleDes(key, fromHex('0001020304050607'), content))).toBe(expected)
})
