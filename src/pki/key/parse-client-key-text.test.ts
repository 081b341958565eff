import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseClientKeyText } from './parse-client-key-text.ts'

const pairs = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ed25519'),
]
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

test('client keys in several PEM blocks become the same JWKs as with OpenSSL', () => {
  const text = pairs.map(({ publicKey }) => pemOf(publicKey)).join('')
  expect(parseClientKeyText(text).keys).toEqual(
    pairs.map(({ publicKey }) => publicKey.export({ format: 'jwk' })),
  )
})

test('client keys in a JWK or a JWK Set are accepted unchanged', () => {
  const jwk = { ...pairs[0]?.publicKey.export({ format: 'jwk' }), kid: 'a' }
  expect(parseClientKeyText(JSON.stringify(jwk))).toEqual({ keys: [jwk] })
  expect(parseClientKeyText(`\n${JSON.stringify({ keys: [jwk] }, null, 2)}\n`)).toEqual({ keys: [jwk] })
})

test.each(pairs.map(({ privateKey }) => [privateKey.asymmetricKeyType, privateKey] as const))(
  'a private %s key is detected, in PEM and as JWK',
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
])('client keys are not read from %j', (text) => {
  expect(() => parseClientKeyText(text)).toThrow(expect.objectContaining({ code: 'client_key_unsuitable' }))
})
