import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { bitString, element, integer, nullValue, oid, sequence } from '../der/der-writer.ts'
import { fromHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { assertKeyAllowed, type KeyPolicy, type PublicKey, parsePublicKey } from './public-key.ts'

const spkiOf = (key: ReturnType<typeof generateKeyPairSync>['publicKey']) =>
  new Uint8Array(key.export({ type: 'spki', format: 'der' }) as Uint8Array)
const ecOf = (namedCurve: string) => spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey)
const rsa = (modulus: bigint, exponent: bigint | number, parameters = [nullValue]) =>
  sequence(
    sequence(oid(oids.rsaEncryption), ...parameters),
    bitString(sequence(integer(modulus), integer(exponent))),
  )
const edwards = (hex: string) => sequence(sequence(oid(oids.ed25519)), bitString(fromHex(hex)))
const bits = (count: number) => 2n ** BigInt(count - 1) + 1n

test.each([
  ['P-256', 256],
  ['P-384', 384],
  ['P-521', 521],
])('a public key of %s is read', (curve, size) => {
  for (let i = 0; i < 20; i += 1)
    expect(parsePublicKey(ecOf(curve))).toMatchObject({
      algorithm: 'EC',
      curve,
      bits: size,
      label: `EC ${curve}`,
    })
})

test('a public key of Ed25519 is read', () => {
  for (let i = 0; i < 50; i += 1)
    expect(parsePublicKey(spkiOf(generateKeyPairSync('ed25519').publicKey))).toMatchObject({
      algorithm: 'Ed25519',
      label: 'Ed25519',
    })
})

test.each([1024, 2048, 2047, 3072])('the size of an RSA key is %i bits', (size) => {
  expect(parsePublicKey(rsa(bits(size), 65537))).toMatchObject({
    algorithm: 'RSA',
    bits: size,
    label: `RSA ${size}`,
  })
})

/** The neutral point, −1, 0 and the points of order 8 of Ed25519, whose signatures prove nothing. */
const smallOrder = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]

describe('a public key is rejected', () => {
  const p256 = ecOf('P-256')
  const offCurve = p256.with(90, (p256[90] as number) ^ 1)
  const rows: [string, Uint8Array, string, string][] = [
    ['nothing', new Uint8Array(), 'key_malformed', 'missing'],
    ['a point that is not on its curve', offCurve, 'key_malformed', 'not a point of the curve P-256'],
    [
      'the point at infinity',
      sequence(sequence(oid(oids.ecPublicKey), oid(oids.prime256v1)), bitString(Uint8Array.of(0))),
      'key_malformed',
      'not a point',
    ],
    [
      'a point of another curve',
      sequence(sequence(oid(oids.ecPublicKey), oid(oids.secp384r1)), bitString(p256.subarray(26))),
      'key_malformed',
      'not a point',
    ],
    ['an even modulus', rsa(bits(2048) + 1n, 65537), 'key_malformed', 'even'],
    ['an even exponent', rsa(bits(2048), 65538), 'key_malformed', 'even'],
    ['an exponent of 3', rsa(bits(2048), 3), 'key_exponent_small', '65537'],
    ['an exponent of 65535', rsa(bits(2048), 65535), 'key_exponent_small', '65537'],
    ['an exponent of 65 bits', rsa(bits(2048), bits(65)), 'key_not_allowed', 'exponent'],
    ['a modulus of 20000 bits', rsa(bits(20_000), 65537), 'key_not_allowed', 'larger'],
    ['a modulus of 0', rsa(0n, 65537), 'key_malformed', 'not positive'],
    ['RSA without its NULL', rsa(bits(2048), 65537, []), 'key_malformed', 'lacks the NULL'],
    [
      'trailing data',
      sequence(sequence(oid(oids.ed25519)), bitString(new Uint8Array(32)), nullValue),
      'key_malformed',
      '',
    ],
    ['a DSA key', sequence(sequence(oid(oids.dsa)), bitString(integer(1))), 'key_not_allowed', 'dsa'],
    [
      'an X25519 key',
      sequence(sequence(oid(oids.x25519)), bitString(new Uint8Array(32))),
      'key_not_allowed',
      'x25519',
    ],
    [
      'a negative modulus',
      sequence(
        sequence(oid(oids.rsaEncryption), nullValue),
        bitString(sequence(element(2, Uint8Array.of(0xff)), integer(65537))),
      ),
      'key_malformed',
      'not positive',
    ],
    ['31 octets of Ed25519', edwards('01'.repeat(31)), 'key_malformed', 'Ed25519'],
    ['Ed25519 above its prime', edwards(`ee${'ff'.repeat(30)}7f`), 'key_malformed', 'Ed25519'],
    ['Ed25519 off its curve', edwards(`02${'00'.repeat(31)}`), 'key_malformed', 'Ed25519'],
    ...smallOrder.map((hex): [string, Uint8Array, string, string] => [
      `Ed25519 ${hex}`,
      edwards(hex),
      'key_malformed',
      'Ed25519',
    ]),
  ]
  test.each(rows)('%s', (_, spki, code, words) => {
    expect(() => parsePublicKey(spki)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    )
  })
})

describe('a key policy', () => {
  const key = (label: string, details: Partial<PublicKey>): PublicKey => ({
    spki: new Uint8Array(),
    algorithm: 'RSA',
    bits: 0,
    label,
    ...details,
  })
  const rsaOf = (size: number) => key(`RSA ${size}`, { bits: size })
  const p384 = key('EC P-384', { algorithm: 'EC', curve: 'P-384', bits: 384 })
  const ed25519 = key('Ed25519', { algorithm: 'Ed25519', bits: 256 })
  const rows: [PublicKey, KeyPolicy, string][] = [
    [rsaOf(2048), ['rsa-2048'], 'allowed'],
    [rsaOf(3000), ['rsa-4096', 'rsa-2048'], 'allowed'],
    [rsaOf(8192), ['rsa-2048'], 'allowed'],
    [rsaOf(8193), ['rsa-2048'], 'key_not_allowed'],
    [rsaOf(2047), ['rsa-2048'], 'key_too_small'],
    [rsaOf(2048), ['rsa-3072', 'ec-p256'], 'key_too_small'],
    [rsaOf(4096), ['ec-p256', 'ed25519'], 'key_not_allowed'],
    [p384, ['ec-p384'], 'allowed'],
    [p384, ['ec-p256', 'ec-p521', 'rsa-2048', 'ed25519'], 'key_not_allowed'],
    [ed25519, ['ed25519'], 'allowed'],
    [ed25519, ['ec-p256', 'rsa-2048'], 'key_not_allowed'],
    [ed25519, [], 'key_not_allowed'],
  ]
  test.each(rows)('decides about $label under %j', (subject, policy, expected) => {
    if (expected === 'allowed') expect(() => assertKeyAllowed(subject, policy)).not.toThrow()
    else expect(() => assertKeyAllowed(subject, policy)).toThrow(expect.objectContaining({ code: expected }))
  })
})
