import { expect, test } from 'vitest'
import { getClientNetwork, getClientSource } from './client-source.ts'

test.each([
  ['192.0.2.7', '192.0.2.7', '192.0.2'],
  ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64', '2001:db8:1'],
  ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0'],
  ['::1', '0:0:0:0::/64', '0:0:0'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64', '64:ff9b:0'],
  ['not an address', 'unknown', 'unknown'],
  ['', 'unknown', 'unknown'],
])('%s belongs to the source %s, in the network %s', (address, source, network) => {
  expect(getClientSource(address)).toBe(source)
  expect(getClientNetwork(source)).toBe(network)
})
