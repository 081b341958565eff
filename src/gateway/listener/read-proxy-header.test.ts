import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readProxyHeader } from './read-proxy-header.ts'

const signature = '0d0a0d0a000d0a515549540a'
const block = (fields: string, addresses = '', more = '') => {
  const length = (addresses.length + more.length) / 2
  return Buffer.from(signature + fields + length.toString(16).padStart(4, '0') + addresses + more, 'hex')
}
const ipv4 = 'c0000201c63364020dc401bb'
const ipv6 = `${'20010db8000000000000000000000007'}${'20010db8000000000000000000000001'}0dc401bb`
const mapped = `${'00000000000000000000ffffc0000201'}${'00000000000000000000ffffc6336402'}0dc401bb`
const paths = '2f'.repeat(216)

const complete: [name: string, header: Buffer, clientAddress: string | undefined][] = [
  ['IPv4 in a line', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n'), '192.0.2.1'],
  ['IPv6 in a line', Buffer.from('PROXY TCP6 2001:DB8:0::7 2001:db8::1 0 65535\r\n'), '2001:db8::7'],
  ['IPv4 within IPv6 in a line', Buffer.from('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n'), '192.0.2.1'],
  ['unknown addresses in a line', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['the longest line', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(91)}\r\n`), undefined],
  ['IPv4 in a block', block('2111', ipv4), '192.0.2.1'],
  ['IPv4 without a protocol', block('2110', ipv4), '192.0.2.1'],
  ['IPv6 in a block', block('2121', ipv6), '2001:db8::7'],
  ['IPv4 within IPv6 in a block', block('2121', mapped), '192.0.2.1'],
  ['UNIX sockets', block('2131', paths), undefined],
  ['unspecified addresses', block('2100'), undefined],
  ['a connection of the load balancer', block('2000'), undefined],
  ['a connection of the load balancer with addresses', block('2011', ipv4), undefined],
  ['a connection of the load balancer with an unknown family', block('20ff', ipv4), undefined],
  ['additional fields', block('2111', ipv4, '05000441424344'), '192.0.2.1'],
  ['as many additional fields as fit', block('2111', ipv4, '00'.repeat(4084)), '192.0.2.1'],
]

describe.each(complete)('%s', (_name, header, clientAddress) => {
  test('is read, with what follows left alone', () => {
    const expected = { state: 'complete', octets: header.length, clientAddress }
    expect(readProxyHeader(header)).toEqual(expected)
    expect(readProxyHeader(Buffer.concat([header, Buffer.from('160301', 'hex')]))).toEqual(expected)
  })

  test('is incomplete as long as an octet is missing', () => {
    for (let length = 0; length < header.length; length += 1)
      expect(readProxyHeader(header.subarray(0, length))).toEqual({ state: 'incomplete' })
  })
})

test.each([
  ['a line without an end', Buffer.from(`PROXY TCP4 ${' '.repeat(96)}`), 'does not end'],
  ['a line that is too long', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(92)}\r\n`), 'does not end'],
  ['another protocol', Buffer.from('PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n'), 'unknown protocol'],
  ['lower case', Buffer.from('PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n'), 'unknown protocol'],
  ['an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n'), 'invalid address'],
  ['an address with a zone', Buffer.from('PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n'), 'invalid address'],
  ['an address with zeros', Buffer.from('PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n'), 'invalid address'],
  ['no ports', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2\r\n'), 'invalid port'],
  ['a third port', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n'), 'invalid port'],
  ['a port above the last', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n'), 'invalid port'],
  ['a port with zeros', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n'), 'invalid port'],
  ['version 1 in a block', block('1111', ipv4), 'version or command'],
  ['an unknown command', block('2211', ipv4), 'version or command'],
  ['an unknown family', block('2141', ipv4), 'family or protocol'],
  ['datagrams', block('2112', ipv4), 'family or protocol'],
  ['a block that is too short', block('2121', ipv4), 'too short'],
  ['a block that is too long', block('2111', ipv4, '00'.repeat(4085)), 'more than 4096'],
])('%s is invalid', (_name, header, problem) => {
  expect(readProxyHeader(header)).toMatchObject({
    state: 'invalid',
    problem: expect.stringContaining(problem),
  })
})

test.each([
  ['a TLS handshake', Buffer.from('1603010200', 'hex')],
  ['HTTP', Buffer.from('POST / HTTP/1.1\r\n')],
  ['a name that only begins alike', Buffer.from('PROXYING')],
  ['a signature with another octet', Buffer.from('0d0a0d0a000d0a515549540b', 'hex')],
])('%s is no header', (_name, bytes) => {
  expect(readProxyHeader(bytes)).toEqual({ state: 'absent' })
})

test('any octets are read within bounds, and more of them change no decision', () => {
  const start = fc.constantFrom(Buffer.from(signature, 'hex'), Buffer.from('PROXY '), Buffer.alloc(0))
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (begin, octets) => {
      const bytes = Buffer.concat([begin, octets])
      const whole = readProxyHeader(bytes)
      if (whole.state === 'complete') expect(whole.octets).toBeLessThanOrEqual(bytes.length)
      for (let length = 0; length < bytes.length; length += 1) {
        const part = readProxyHeader(bytes.subarray(0, length))
        if (part.state !== 'incomplete') expect(part).toEqual(whole)
      }
    }),
  )
})
