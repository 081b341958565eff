import { BlockList, isIP } from 'node:net'
import { PosternError } from './errors.ts'

/** Throws `network_invalid` unless `range` is an IPv4 or IPv6 range such as `203.0.113.0/24`. */
export function assertNetwork(range: string): void {
  const [address = '', bits, ...rest] = range.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  const valid =
    family !== 0 && rest.length === 0 && bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most
  if (valid) {
    new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
    return
  }
  throw new PosternError(
    'network_invalid',
    'A network must be written as an address and a length, for example 203.0.113.0/24 or 2001:db8::/32.',
  )
}

/** Returns whether `address` is in one of the ranges, which {@link assertNetwork} has checked. */
export function isInRanges(ranges: readonly string[], address: string): boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  // An IPv4 client of a dual-stack listener has an IPv4-mapped address.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
