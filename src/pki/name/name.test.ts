import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { DerReader } from '../der/der-reader.ts'
import { tags } from '../der/der-tags.ts'
import { element, oid, sequence, textElement } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { type DistinguishedName, encodeName, formatName, parseName, parseTaggedName } from './name.ts'

const read = (der: Uint8Array) => parseName(new DerReader(der, 'certificate_malformed'))
const named = (value: string): DistinguishedName => [{ type: oids.commonName, value }]
const attribute = fc.record({
  type: fc.constantFrom(oids.commonName, oids.organizationName, oids.localityName, '1.2.840.99999.1'),
  value: fc.string({ unit: 'binary', minLength: 1 }),
})

test('an encoded name is read back', () => {
  fc.assert(
    fc.property(fc.array(attribute), (name) => {
      expect(read(encodeName(name))).toEqual(name)
    }),
  )
})

test('a name has a PrintableString for the country, an IA5String for email, and UTF8String for the rest', () => {
  const types = [
    oids.countryName,
    oids.organizationName,
    oids.stateOrProvinceName,
    oids.commonName,
    oids.emailAddress,
  ]
  const der = encodeName(types.map((type) => ({ type, value: 'DE' })))
  expect(parseTaggedName(new DerReader(der, 'certificate_malformed')).map(({ tag }) => tag)).toEqual([
    tags.printableString,
    tags.utf8String,
    tags.utf8String,
    tags.utf8String,
    tags.ia5String,
  ])
})

describe('a name in the format of RFC 4514', () => {
  test.each([
    ['Acme', 'CN=Acme'],
    ['James "Jim" Smith, III', 'CN=James \\"Jim\\" Smith\\, III'],
    ['#1', 'CN=\\#1'],
    [' both ', 'CN=\\ both\\ '],
    ['a+b;c<d>e\\f=g', 'CN=a\\+b\\;c\\<d\\>e\\\\f=g'],
    ['Lučić', 'CN=Lučić'],
    ['a\0b\rc', 'CN=a\\00b\\0dc'],
    ['pay\u202Efdp', 'CN=pay\\e2\\80\\aefdp'],
    ['', 'CN='],
  ])('escapes %j', (value, written) => {
    expect(formatName(named(value))).toBe(written)
  })

  test('lists the last attribute first, and a type without a name by its number', () => {
    const name = [
      { type: oids.countryName, value: 'GB' },
      { type: '1.3.6.1.4.1.1466.0', value: 'Hi' },
      { type: oids.commonName, value: 'a' },
    ]
    expect(formatName(name)).toBe('CN=a,1.3.6.1.4.1.1466.0=#0c024869,C=GB')
  })

  test('is equal to the output of OpenSSL', () => {
    using folder = openToolFolder()
    const value = '  A "B", C+D; <E> \\F# 日本 '
    folder.run('openssl genpkey -algorithm ed25519 -out key.pem')
    const escaped = value.replace(/[\\+/]/g, '\\$&')
    folder.run('openssl req -x509 -utf8 -key key.pem -out a.pem -subj', `/C=JP/O=${escaped}/CN=#a`)
    const printed = folder.run('openssl x509 -in a.pem -noout -subject -nameopt RFC2253,-esc_msb,utf8')
    folder.run('openssl x509 -in a.pem -outform DER -out a.der')
    const name = [
      { type: oids.countryName, value: 'JP' },
      { type: oids.organizationName, value },
      { type: oids.commonName, value: '#a' },
    ]
    expect(printed).toBe(`subject=${formatName(name)}\n`)
  })
})

test('a name with strings of the older types is read', () => {
  const rdn = (tag: number, ...octets: number[]) =>
    sequence(element(tags.set, sequence(oid(oids.commonName), element(tag, Uint8Array.from(octets)))))
  expect(read(rdn(tags.t61String, 0xe9))).toEqual(named('é'))
  expect(read(rdn(tags.bmpString, 0x65, 0xe5, 0xd8, 0x3d, 0xde, 0x00))).toEqual(named('日😀'))
  expect(read(rdn(tags.universalString, 0, 1, 0xf6, 0))).toEqual(named('😀'))
  expect(read(rdn(tags.integer, 5))).toEqual(named('#020105'))
})

test('a name with several attributes in one RDN lists them in sequence', () => {
  const pair = (type: string, value: string) => sequence(oid(type), textElement(tags.utf8String, value))
  const der = sequence(element(tags.set, pair(oids.commonName, 'a'), pair(oids.userId, 'b')))
  expect(read(der)).toEqual([
    { type: oids.commonName, value: 'a' },
    { type: oids.userId, value: 'b' },
  ])
})
