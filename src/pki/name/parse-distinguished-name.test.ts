import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oids } from '../der/oids.ts'
import { formatName } from './name.ts'
import { isSameName, parseDistinguishedName } from './parse-distinguished-name.ts'

const name = [
  { type: oids.countryName, value: 'GB' },
  { type: oids.organizationName, value: 'O\'Neil, "Quoted" & Co' },
  { type: oids.commonName, value: 'acme-0001' },
]

test.each([
  'CN=acme-0001,O=O\'Neil\\, \\"Quoted\\" & Co,C=GB',
  "cn=ACME-0001, o=O'Neil\\2C \\22Quoted\\22 & Co, c=gb",
  '2.5.4.3=acme-0001,OID.2.5.4.10=O\'Neil\\,  \\"Quoted\\" & Co,2.5.4.6=GB',
])('%s is parsed as the same name', (text) => {
  expect(isSameName(parseDistinguishedName(text) ?? [], name)).toBe(true)
})

test.each([
  'C=GB,O=O\'Neil\\, \\"Quoted\\" & Co,CN=acme-0001',
  'CN=acme-0001,C=GB',
  'CN=acme-00010,O=O\'Neil\\, \\"Quoted\\" & Co,C=GB',
])('%s is parsed as another name', (text) => {
  expect(isSameName(parseDistinguishedName(text) ?? [], name)).toBe(false)
})

test('a text that is not a distinguished name gives undefined', () => {
  for (const text of ['acme', 'CN', '=x', 'nosuchtype=x'])
    expect(parseDistinguishedName(text)).toBeUndefined()
})

test('a distinguished name with half a million spaces in a value is parsed in a short time', () => {
  const value = `a${' '.repeat(2 ** 19)}b`
  expect(parseDistinguishedName(`CN= ${value} `)).toEqual([{ type: oids.commonName, value }])
})

test('a distinguished name keeps an escaped space at the end of a value, and no other', () => {
  expect(parseDistinguishedName('CN=a\\   ')).toEqual([{ type: oids.commonName, value: 'a ' }])
  expect(parseDistinguishedName('CN=   ')).toEqual([{ type: oids.commonName, value: '' }])
})

test('a distinguished name that was formatted is parsed again', () => {
  const types = [oids.commonName, oids.organizationName, oids.stateOrProvinceName, oids.emailAddress]
  const attribute = fc.record({
    type: fc.constantFrom(...types),
    value: fc.string({ minLength: 1, unit: 'grapheme' }),
  })
  fc.assert(
    fc.property(fc.array(attribute, { minLength: 1, maxLength: 4 }), (attributes) => {
      expect(parseDistinguishedName(formatName(attributes))).toEqual(attributes)
    }),
  )
})
