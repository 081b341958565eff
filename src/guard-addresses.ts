import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isInRanges } from './network-range.ts'
import { createResolveHost, type ResolveHost } from './resolve-host.ts'

/** Which addresses that strangers name may be asked: customers, and CAs in their certificates. */
export interface UrlRules {
  /** Private, loopback and link-local addresses. */
  allowPrivate: boolean
  /** Without TLS: not at all, on loopback alone, or everywhere, for what carries a signature of its own. */
  allowPlain: boolean | 'everywhere'
  /** Networks that are allowed although they are not public, as CIDR ranges. */
  allowedNetworks?: readonly string[]
}

/** Public by their range, and yet nothing that anybody offers to others: the host of a virtual machine at Azure. */
const machineAddresses = new Set(['168.63.129.16'])

/** Returns whether an address is one of the public internet (RFC 6890). */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  // IPv4-compatible addresses (RFC 4291, section 2.5.5.1) hide an IPv4 address of any kind.
  const isCompatible =
    parsed.kind() === 'ipv6' &&
    parsed
      .toByteArray()
      .slice(0, 12)
      .every((octet) => octet === 0)
  return parsed.range() === 'unicast' && !isCompatible && !machineAddresses.has(parsed.toString())
}

const isAllowed = (address: string, { allowPrivate, allowedNetworks = [] }: UrlRules): boolean =>
  allowPrivate ||
  isPublicAddress(address) ||
  (ipaddr.isValid(address) && isInRanges(allowedNetworks, ipaddr.process(address).toString()))

/**
 * Returns why a URL is not asked, as the end of a sentence; undefined if it may be. A name is judged again by its
 * addresses when it is resolved.
 */
export function findUrlProblem(url: URL, rules: UrlRules): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isLocalName = host === 'localhost' || host.endsWith('.localhost')
  const isLoopback = host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback')
  const isPlainAllowed = rules.allowPlain === 'everywhere' || (rules.allowPlain && isLoopback)
  if (url.protocol !== 'https:' && !(isPlainAllowed && url.protocol === 'http:'))
    return rules.allowPlain === 'everywhere' ? 'must be http or https' : 'must be https'
  const isReachable =
    isIP(host) === 0 ? !isLocalName || isAllowed('127.0.0.1', rules) : isAllowed(host, rules)
  return isReachable ? undefined : 'must not name a private address'
}

/**
 * Creates a `lookup` for a socket that gives only allowed addresses: what is judged here is what the socket connects to,
 * so that a name cannot resolve to something else in between. A URL with an address in place of a name is not looked up:
 * `findUrlProblem` judges it.
 */
export function createGuardedLookup(
  rules: UrlRules,
  resolve: ResolveHost = createResolveHost(),
): LookupFunction {
  return (host, options, done) =>
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '')
      const allowed = found.filter(({ address }) => isAllowed(address, rules))
      const [first] = allowed
      if (first === undefined) return done(new Error(`${host} has no public address`), '')
      return options.all ? done(null, allowed) : done(null, first.address, first.family)
    })
}
