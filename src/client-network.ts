import { isIPv6 } from 'node:net'

/**
 * The network that is counted as one client: an IPv4 address, or the 64 bits of an IPv6 network, which one client
 * has to itself. An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is the IPv4 address.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [, mapped] = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest]
  return `${all.slice(0, 4).join(':')}::/64`
}
