import { isIP } from 'node:net'

/**
 * Returns the unit that counts as one client: an IPv4 address, or the /64 network of an IPv6 address, which
 * one customer of a provider has. `unknown` for an invalid address.
 */
export function getClientSource(address: string): string {
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return 'unknown'
  const [plain = ''] = address.split('%')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = plain.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  // An IPv4 address at the end stands for two groups.
  const count = groups.length + rest.length + (plain.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - count)
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest]
  const short = all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${short.join(':')}::/64`
}

/** Returns the network around a source that often has one owner: /24 of IPv4, /48 of IPv6. */
export function getClientNetwork(source: string): string {
  const separator = source.includes(':') ? ':' : '.'
  return source.split(separator, 3).join(separator)
}

/** Returns the network of an address in CIDR notation: /24 of IPv4, /48 of IPv6; undefined for what is no address. */
export function toNetworkText(address: string): string | undefined {
  const source = getClientSource(address)
  if (isIP(source.replace(/\/64$/, '')) === 0) return undefined
  const network = getClientNetwork(source)
  return source.includes(':') ? `${network}::/48` : `${network}.0/24`
}
