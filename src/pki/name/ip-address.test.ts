import { SocketAddress } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatIpAddress, parseIpAddress } from './ip-address.ts'

const octets = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Many zeros, since they are what is shortened.
  fc
    .array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 })
    .map((list) => Uint8Array.from(list)),
)

test('an IP address is parsed again from its text, and Node accepts it', () => {
  fc.assert(
    fc.property(octets, (address) => {
      const text = formatIpAddress(address) as string
      expect(parseIpAddress(text)).toEqual(address)
      const family = address.length === 4 ? 'ipv4' : 'ipv6'
      expect(new SocketAddress({ address: text, family }).address).toBeDefined()
    }),
  )
})

test.each([
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::1', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
  ['10:0:0:20:0:0:0:30', '10:0:0:20::30'],
  ['127.0.0.1', '127.0.0.1'],
])('the IP address %s is written as in RFC 5952', (text, short) => {
  expect(formatIpAddress(parseIpAddress(text) as Uint8Array)).toBe(short)
})

test.each([
  '',
  '1.2.3',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.4.5',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8:9',
  '12345::',
  'g::',
  'localhost',
])('%j is not an IP address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined()
})
