import { type BlockList, isIP } from 'node:net'

/** Whether `address` lies in one of the networks; null means that any address does. */
export function isInNetworks(networks: BlockList | null, address: string): boolean {
  if (networks === null) return true
  // An IPv4 client of a listener for both families comes as an IPv4-mapped address.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const family = isIP(plain)
  return family !== 0 && networks.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
