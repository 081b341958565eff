import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * Returns a test of whether an address is in the list that `read` returns at that moment: addresses and networks in
 * CIDR form.
 */
export function createCurrentAddressTest(read: () => readonly string[]): (address: string) => boolean {
  let list = read()
  let test = createAddressTest(list)
  return (address) => {
    if (read() !== list) {
      list = read()
      test = createAddressTest(list)
    }
    return test(address)
  }
}

/**
 * Returns a test of whether an address is in `trusted`: addresses and networks in CIDR form. What is no
 * address is in none.
 */
function createAddressTest(trusted: readonly string[]): (address: string) => boolean {
  if (trusted.length === 0) return () => false
  const list = new BlockList()
  for (const entry of trusted) {
    const [network = '', bits] = entry.split('/')
    const family = isIPv6(network) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(network, family)
    else list.addSubnet(network, Number(bits), family)
  }
  // An IPv4 address on an IPv6 socket is looked up as IPv4.
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
