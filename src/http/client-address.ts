import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Where a request comes from. */
export interface ClientAddress {
  address: string
  /**
   * Whether the address is that of one client. It is not where a proxy stands in front that is not trusted, since
   * all clients then have the address of the proxy.
   */
  isOwn: boolean
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']

/**
 * The address of the client of `request`, as far as it can be known. The portal speaks plain HTTP: where people use
 * it over https, a proxy stands in front, and only one in `portal.trustedProxies` can say who comes through it.
 */
export function clientAddressOf(request: FastifyRequest, portalUrl: string): ClientAddress {
  const { ip: address, ips } = request
  const type = isIP(address)
  if (type === 0) return { address, isOwn: false }
  if (ips !== undefined && ips.length > 1) return { address, isOwn: true }
  const isProxied = portalUrl.startsWith('https:') || bringsProxyHeaders(request)
  return { address, isOwn: !isProxied && !loopback.check(address, type === 4 ? 'ipv4' : 'ipv6') }
}

/** Whether a proxy that is not trusted seems to have handed over `request`. */
export const comesThroughUntrustedProxy = (request: FastifyRequest): boolean =>
  (request.ips?.length ?? 1) < 2 && bringsProxyHeaders(request)

const bringsProxyHeaders = ({ headers }: FastifyRequest): boolean =>
  proxyHeaders.some((name) => headers[name] !== undefined)
