import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** The address of a client. */
export interface ClientAddress {
  address: string
  /**
   * Whether the address belongs to one client. False behind an untrusted proxy, where all clients share the
   * address of the proxy.
   */
  isOwn: boolean
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']

/**
 * Returns the client address of `request`. The portal speaks plain HTTP: if users reach it over https, a
 * proxy is in front, and only a proxy in `portal.trustedProxies` can report the client's address.
 */
export function getClientAddress(request: FastifyRequest, portalUrl: string): ClientAddress {
  const { ip: address, ips } = request
  const type = isIP(address)
  if (type === 0) return { address, isOwn: false }
  if (ips !== undefined && ips.length > 1) return { address, isOwn: true }
  const isProxied = portalUrl.startsWith('https:') || bringsProxyHeaders(request)
  return { address, isOwn: !isProxied && !loopback.check(address, type === 4 ? 'ipv4' : 'ipv6') }
}

/** Returns the address if it belongs to one client. */
export const ownAddressOf = ({ address, isOwn }: ClientAddress): string | undefined =>
  isOwn ? address : undefined

/** Returns whether `request` appears to come from an untrusted proxy. */
export const comesThroughUntrustedProxy = (request: FastifyRequest): boolean =>
  (request.ips?.length ?? 1) < 2 && bringsProxyHeaders(request)

const bringsProxyHeaders = ({ headers }: FastifyRequest): boolean =>
  proxyHeaders.some((name) => headers[name] !== undefined)
