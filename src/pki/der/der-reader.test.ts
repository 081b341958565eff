import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DerReader } from './der-reader.ts'
import { element, integer, namedBits, oid, sequence, time, unsignedInteger } from './der-writer.ts'
import { fromHex, toHex } from './fingerprint.ts'

const open = (bytes: Uint8Array) => new DerReader(bytes, 'certificate_malformed')
const openHex = (hex: string) => open(fromHex(hex))

describe('a DER reader reads back what the writer wrote', () => {
  test('for numbers', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 200n), (value) => {
        expect(BigInt(`0x${toHex(open(integer(value)).readInteger())}`)).toBe(value)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (octets) => {
        expect(BigInt(`0x${toHex(open(unsignedInteger(octets)).readInteger())}`)).toBe(
          BigInt(`0x${toHex(octets)}`),
        )
      }),
    )
  })

  test('for object identifiers', () => {
    const arcs = fc.array(fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 130n)), { maxLength: 3 })
    const roots = fc.oneof(fc.constantFrom('0.0', '0.39', '1.0', '1.39', '2.0', '2.47', '2.48', '2.999'))
    fc.assert(
      fc.property(roots, arcs, (root, rest) => {
        const dotted = [root, ...rest].join('.')
        expect(open(oid(dotted)).readOid()).toBe(dotted)
      }),
    )
  })

  test('for dates, to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(10_000, 0, 1) - 1 }), (moment) => {
        expect(open(time(moment)).readTime()).toBe(Math.floor(moment / 1000) * 1000)
      }),
    )
  })

  test('for flags', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 20 })), (bits) => {
        expect(open(namedBits(bits)).readNamedBits()).toEqual(bits.toSorted((a, b) => a - b))
      }),
    )
  })

  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536, 1_000_000])('for a content of %i octets', (length) => {
    const content = new Uint8Array(length).fill(7)
    expect(open(element(4, content)).readContent(4)).toEqual(content)
  })
})

describe('a DER reader rejects', () => {
  const rows: [string, string, (reader: DerReader) => unknown][] = [
    ['an empty number', '0200', (reader) => reader.readInteger()],
    ['a number with an extra zero octet', '02020001', (reader) => reader.readInteger()],
    ['a number with an extra sign octet', '0202ff80', (reader) => reader.readInteger()],
    ['a small number above its range', '02050100000000', (reader) => reader.readSmallInteger()],
    ['a small number below 0', '020180', (reader) => reader.readSmallInteger()],
    ['a NULL with content', '050100', (reader) => reader.readNull()],
    ['a BOOLEAN of two octets', '0102ffff', (reader) => reader.readBoolean()],
    ['an object identifier with an extra zero', '0603558001', (reader) => reader.readOid()],
    ['a truncated object identifier', '06025581', (reader) => reader.readOid()],
    ['an empty object identifier', '0600', (reader) => reader.readOid()],
    ['an endless object identifier', `0681c8${'81'.repeat(199)}01`, (reader) => reader.readOid()],
    ['an empty bit string', '0300', (reader) => reader.readBitString()],
    ['a bit string of odd bits', '03020780', (reader) => reader.readBitString()],
    ['flags with eight unused bits', '03020880', (reader) => reader.readNamedBits()],
    ['a length of four octets', '048400000001ff', (reader) => reader.readContent(4)],
    ['a length with an extra zero', '04820001ff', (reader) => reader.readContent(4)],
    ['a length beyond the end', '0405ffff', (reader) => reader.readContent(4)],
    ['an element that exceeds its parent', '30030402ff', (reader) => reader.readSequence().readContent(4)],
    ['a tag without a length', '04', (reader) => reader.readEncoded()],
    ['a constructed string', '2403040100', (reader) => reader.readContent(4)],
  ]
  test.each(rows)('%s', (_, hex, read) => {
    expect(() => read(openHex(hex))).toThrow(expect.objectContaining({ code: 'certificate_malformed' }))
  })

  test('a nesting of more than sixteen levels', () => {
    let bytes = sequence()
    for (let level = 0; level < 20; level += 1) bytes = sequence(bytes)
    let reader = open(bytes)
    expect(() => {
      while (!reader.isAtEnd()) reader = reader.readSequence()
    }).toThrow('nested too deeply')
  })
})

test('the caller of a DER reader determines the code and the sentence of its errors', () => {
  const sentence = (code: 'csr_malformed' | 'key_malformed') => () =>
    new DerReader(new Uint8Array(), code).readSequence()
  expect(sentence('csr_malformed')).toThrow(
    /^This CSR cannot be read: .*Submit the whole file.*openssl req -new/,
  )
  expect(sentence('key_malformed')).toThrow(/^The public key cannot be used: .*Make a new key/)
})
