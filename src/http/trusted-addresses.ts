import { BlockList, isIPv6 } from 'node:net'

/** Gives the test whether an address is one of `trusted`: addresses and networks in CIDR form. */
export function createAddressTest(trusted: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of trusted) {
    const [network = '', bits] = entry.split('/')
    const family = isIPv6(network) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(bits), family)
  }
  // An IPv4 address that comes by an IPv6 socket is found among the IPv4 ones.
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
