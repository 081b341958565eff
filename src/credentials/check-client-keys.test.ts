import { generateKeyPairSync, generatePrimeSync, type JsonWebKey } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { checkClientKeys } from './check-client-keys.ts'

const pairs = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  short: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  ed25519: generateKeyPairSync('ed25519'),
  x25519: generateKeyPairSync('x25519'),
}
const publicOf = (name: keyof typeof pairs): JsonWebKey => pairs[name].publicKey.export({ format: 'jwk' })
const privateOf = (name: keyof typeof pairs): JsonWebKey => pairs[name].privateKey.export({ format: 'jwk' })
/** A modulus that is easy to factor. */
const squareOfPrime = (): string => {
  const prime = generatePrimeSync(1024, { bigint: true })
  return Buffer.from((prime * prime).toString(16), 'hex').toString('base64url')
}
const check = (...keys: JsonWebKey[]) => checkClientKeys({ keys: keys as Record<string, unknown>[] })

test('client keys are stored with their required members only, and named by their thumbprint if they have no name (RFC 7638)', async () => {
  const more = { use: 'sig', key_ops: ['verify'], x5c: ['MII'], ext: true, note: 'ours' }
  for (const [name, alg] of [
    ['ec', 'ES256'],
    ['rsa', 'PS256'],
    ['ed25519', 'EdDSA'],
  ] as const) {
    const { keys } = await check({ ...publicOf(name), ...more, alg })
    expect(keys).toEqual([
      { ...publicOf(name), alg, use: 'sig', kid: await calculateJwkThumbprint(publicOf(name) as never) },
    ])
  }
  expect((await check({ ...publicOf('ec'), kid: 'mine' })).keys[0]?.kid).toBe('mine')
  expect((await check({ ...publicOf('ed25519'), alg: 'Ed25519' })).keys[0]?.alg).toBe('EdDSA')
})

test.each<[string, () => JsonWebKey[]]>([
  ['a private EC key', () => [privateOf('ec')]],
  ['a private RSA key', () => [privateOf('rsa')]],
  ['a private Ed25519 key', () => [privateOf('ed25519')]],
  ['one private key among public ones', () => [publicOf('rsa'), privateOf('ec')]],
  ['a symmetric key', () => [{ kty: 'oct', k: 'c2VjcmV0' }]],
  ['an empty private part', () => [{ ...publicOf('ec'), d: '' }]],
  ['a single prime', () => [{ ...publicOf('rsa'), p: 'AQ' }]],
])('a client key set with %s is rejected without repeating any of it', async (_what, keys) => {
  const given = keys()
  try {
    await check(...given)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ code: 'client_key_is_private' })
    const secret = given.find(({ d }) => d)?.d ?? 'c2VjcmV0'
    expect(String((error as Error).message)).not.toContain(secret)
  }
})

test.each<[string, () => JsonWebKey[]]>([
  ['an unsupported curve', () => [publicOf('p384')]],
  ['a key for key agreement', () => [publicOf('x25519')]],
  ['an RSA key of 1024 bits', () => [publicOf('short')]],
  ['a point that is not on the curve', () => [{ ...publicOf('ec'), x: publicOf('ec').y as string }]],
  ['a missing number', () => [{ kty: 'EC', crv: 'P-256', x: publicOf('ec').x as string }]],
  ['a number that is not text', () => [{ ...publicOf('rsa'), e: 65537 as never }]],
  ['an RSA exponent of 3', () => [{ ...publicOf('rsa'), e: 'Aw' }]],
  ['an even modulus', () => [{ ...publicOf('rsa'), n: `${publicOf('rsa').n?.slice(0, -2)}AA` }]],
  ['a modulus that is the square of a prime', () => [{ ...publicOf('rsa'), n: squareOfPrime() }]],
  ['RS256', () => [{ ...publicOf('rsa'), alg: 'RS256' }]],
  ['an alg that does not match its kind', () => [{ ...publicOf('ec'), alg: 'PS256' }]],
  ['a use for encryption', () => [{ ...publicOf('ec'), use: 'enc' }]],
  ['key_ops without verify', () => [{ ...publicOf('ec'), key_ops: ['sign'] }]],
  ['a kid that is not text', () => [{ ...publicOf('ec'), kid: 7 as never }]],
  ['an empty kid', () => [{ ...publicOf('ec'), kid: '' }]],
  ['a kid with a line break', () => [{ ...publicOf('ec'), kid: 'a\nb' }]],
  [
    'two keys with one kid',
    () => [
      { ...publicOf('ec'), kid: 'a' },
      { ...publicOf('rsa'), kid: 'a' },
    ],
  ],
  [
    'the same key twice',
    () => [
      { ...publicOf('ec'), kid: 'a' },
      { ...publicOf('ec'), kid: 'b' },
    ],
  ],
  ['nothing', () => [{}]],
])('a client key set with %s is rejected', async (_what, keys) => {
  await expect(check(...keys())).rejects.toMatchObject({ code: 'client_key_unsuitable' })
})
