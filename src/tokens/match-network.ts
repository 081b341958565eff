import { type BlockList, isIP } from 'node:net'

/** Returns whether `address` is in one of the networks; null allows any address. */
export function isInNetworks(networks: BlockList | null, address: string): boolean {
  if (networks === null) return true
  // An IPv4 client of a dual-stack listener has an IPv4-mapped address.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && networks.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
