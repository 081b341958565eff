import { expect, test } from 'vitest'
import { bitString, element, integer, oid, sequence, textElement, time } from '../der/der-writer.ts'
import { fromHex } from '../der/fingerprint.ts'
import { oids } from '../der/oids.ts'
import { encodeSignatureAlgorithm } from '../key/signature-algorithm.ts'
import { encodeName } from '../name/name.ts'
import { extension } from '../profile/extension-writer.ts'
import { parseCertificate } from './certificate.ts'

const name = encodeName([{ type: oids.commonName, value: 'a' }])
const none: Uint8Array = new Uint8Array()
type Field = 'version' | 'serial' | 'algorithm' | 'issuer' | 'validity' | 'subject' | 'spki' | 'extensions'
/** The fields of a valid TBSCertificate in order; a test replaces the field that it is about. */
const sound: Record<Field, Uint8Array> = {
  version: element(0xa0, integer(2)),
  serial: integer(7),
  algorithm: encodeSignatureAlgorithm('ed25519'),
  issuer: name,
  validity: sequence(time(0), time(1000)),
  subject: name,
  spki: sequence(encodeSignatureAlgorithm('ed25519'), bitString(new Uint8Array(32))),
  extensions: none,
}
const build = (fields: Partial<typeof sound>) =>
  sequence(
    sequence(...Object.values({ ...sound, ...fields })),
    sound.algorithm,
    bitString(new Uint8Array(64)),
  )
const withExtensions = (...extensions: Uint8Array[]) =>
  build({ extensions: element(0xa3, sequence(...extensions)) })
const withValue = (dotted: string, hex: string) => withExtensions(extension(dotted, fromHex(hex)))
const withUtcTime = (text: string) => build({ validity: sequence(textElement(0x17, text), time(0)) })
const withName = (tag: number, ...value: number[]) =>
  build({
    subject: sequence(element(0x31, sequence(oid(oids.commonName), element(tag, Uint8Array.from(value))))),
  })

const rows: [string, Uint8Array, string][] = [
  ['nothing', none, 'missing'],
  ['trailing data', Uint8Array.from([...build({}), 0]), 'more data'],
  ['more than 64 KiB', element(0x30, new Uint8Array(70_000)), 'too large'],
  ['an indefinite length', Uint8Array.of(0x30, 0x80, 0, 0), 'left open'],
  ['an overlong length of a short element', Uint8Array.of(0x30, 0x81, 0x01, 0), 'longer than it needs'],
  ['a long tag', build({ version: Uint8Array.of(0x1f, 1, 0) }), 'another kind'],
  [
    'two signature algorithms',
    build({ algorithm: encodeSignatureAlgorithm('ecdsa-with-SHA256') }),
    'two different',
  ],
  ['an explicit version 1', build({ version: element(0xa0, integer(0)) }), 'version'],
  ['version 4', build({ version: element(0xa0, integer(3)) }), 'version'],
  ['extensions in version 1', build({ version: none, extensions: element(0xa3, sequence()) }), 'more data'],
  ['an empty list of extensions', withExtensions(), 'missing'],
  ['a repeated extension', withExtensions(extension('1.2.3', name), extension('1.2.3', name)), 'twice'],
  ['a negative serial number', build({ serial: Uint8Array.of(2, 2, 0xff, 1) }), 'negative'],
  ['a serial number of 22 octets', build({ serial: element(2, new Uint8Array(22).fill(1)) }), 'too long'],
  ['a padded serial number', build({ serial: Uint8Array.of(2, 2, 0, 1) }), 'longer than it needs'],
  ['a key that is an empty list', build({ spki: sequence() }), 'missing'],
  [
    'a key with trailing data',
    build({ spki: sequence(encodeSignatureAlgorithm('ed25519'), bitString(none), integer(1)) }),
    'more data',
  ],
  [
    'an algorithm with two parameters',
    build({ spki: sequence(sequence(oid(oids.ed25519), integer(1), integer(1)), bitString(none)) }),
    'more data',
  ],
  [
    'a unique identifier with nine unused bits',
    build({ extensions: element(0x81, Uint8Array.of(9, 0)) }),
    'bit string',
  ],
  ['a truncated list in a name', withName(0x30, 0x02, 0x05, 0x01), 'cut short'],
  ['30 February', withUtcTime('260230000000Z'), 'date'],
  ['the hour 24', withUtcTime('260203240000Z'), 'date'],
  ['a date without seconds', withUtcTime('2602030000Z'), 'date'],
  ['a date with a zone', withUtcTime('260203000000+0000'), 'date'],
  ['a name that is a number', build({ issuer: integer(1) }), 'another kind'],
  ['invalid UTF-8', withName(0x0c, 0xc0, 0x80), 'characters'],
  ['a PrintableString beyond ASCII', withName(0x13, 0xe9), 'characters'],
  ['half a UTF-16 character', withName(0x1e, 0xd8, 0x00), 'characters'],
  ['half a UTF-32 character', withName(0x1c, 0, 0, 0), 'characters'],
  ['an explicit CA:FALSE', withValue(oids.basicConstraints, '3003010100'), 'default'],
  ['a BOOLEAN of 1', withValue(oids.basicConstraints, '3003010101'), 'truth value'],
  ['a negative path length', withValue(oids.basicConstraints, '30060101ff0201ff'), 'out of range'],
  ['a key usage with trailing zero bits', withValue(oids.keyUsage, '03020080'), 'flags'],
  ['a key usage with stray bits', withValue(oids.keyUsage, '030207ff'), 'flags'],
  ['an alternative name with a NUL', withValue(oids.subjectAltName, '30068204612e0062'), 'characters'],
  ['no alternative name in the list', withValue(oids.subjectAltName, '3000'), 'unknown kind'],
  ['an IP address of five octets', withValue(oids.subjectAltName, '300787050102030405'), 'wrong length'],
]

test.each(rows)('a certificate reader rejects %s', (_, der, words) => {
  expect(() => parseCertificate(der)).toThrow(
    expect.objectContaining({ code: 'certificate_malformed', message: expect.stringContaining(words) }),
  )
})

test('a certificate reader accepts the certificate from which the rejected ones are derived', () => {
  expect(parseCertificate(build({}))).toMatchObject({ version: 3, serialNumber: '07', notAfter: 1000 })
})

test('a certificate reader rejects endless nesting immediately', () => {
  let subject = integer(1)
  for (let level = 0; level < 2000; level += 1) subject = element(0x30, subject)
  const alternativeNames = element(0x30, element(0xa4, subject))
  expect(() => parseCertificate(withExtensions(extension(oids.subjectAltName, alternativeNames)))).toThrow(
    expect.objectContaining({ code: 'certificate_malformed' }),
  )
})
