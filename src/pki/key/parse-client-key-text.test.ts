import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseClientKeyText } from './parse-client-key-text.ts'

const pairs = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ed25519'),
]
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

test('PEM, one after the other, gives the JWKs that OpenSSL gives', () => {
  const text = pairs.map(({ publicKey }) => pemOf(publicKey)).join('')
  expect(parseClientKeyText(text).keys).toEqual(
    pairs.map(({ publicKey }) => publicKey.export({ format: 'jwk' })),
  )
})

test('a JWK, and a JWK Set, are taken as they are', () => {
  const jwk = { ...pairs[0]?.publicKey.export({ format: 'jwk' }), kid: 'a' }
  expect(parseClientKeyText(JSON.stringify(jwk))).toEqual({ keys: [jwk] })
  expect(parseClientKeyText(`\n${JSON.stringify({ keys: [jwk] }, null, 2)}\n`)).toEqual({ keys: [jwk] })
})

test.each(pairs.map(({ privateKey }) => [privateKey.asymmetricKeyType, privateKey] as const))(
  'a private %s key is named as one, in PEM and as JWK',
  (_type, privateKey) => {
    for (const text of [
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      JSON.stringify({ keys: [privateKey.export({ format: 'jwk' })] }),
    ])
      expect(() => parseClientKeyText(text)).toThrow(
        expect.objectContaining({ code: 'client_key_is_private' }),
      )
  },
)

test.each([
  '',
  '{}',
  '[]',
  'null',
  'a key',
  '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
])('refuses %j', (text) => {
  expect(() => parseClientKeyText(text)).toThrow(expect.objectContaining({ code: 'client_key_unfit' }))
})
