import type { EnforcementMode } from '../../contract/enforcement-policy.ts'
import type { ExternalCertificatePolicy, Profile } from '../../contract/environment.ts'
import type { ExternalStatusTerms } from '../../shapes/external-status-terms.ts'
import type { RouteMatcher } from './match-route.ts'

/** What a listener knows of the environment that it serves. */
export interface GatewayEnvironment {
  name: string
  gatewayHost: string
  gatewayPort: number
  /** Without a trailing slash; also the issuer of its tokens. */
  gatewayUrl: string
  /** The address of the portal, without a trailing slash. */
  portalUrl: string
  externalCertificates: ExternalCertificatePolicy
  /** What holds while other CAs do not say whether their certificates are revoked. */
  externalStatus: ExternalStatusTerms
  /** The enforcement policy of organizations that have none of their own. */
  enforcement: EnforcementMode
  /** Whether each response reports the status of the client's certificate. */
  certificateStatusHeader: boolean
  denials: 'explain' | 'drop'
  /** How fast a client must send a body and read a response; 0 means any rate. */
  limits: { minBytesPerSecond: number; minBytesWindowSeconds: number }
  tokenSeconds: number
  /** The profile that clients, endpoints and responses follow. */
  profile: Profile
  scopes: readonly { name: string }[]
  /** The matcher for the routes of requests. */
  matchRoute: RouteMatcher
  /** Whether loopback names are valid hosts: only in the development profile. */
  acceptsLoopback: boolean
}

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** Returns the host names of an environment, in lower case. */
export function getHosts(environment: GatewayEnvironment): ReadonlySet<string> {
  const own = [environment.gatewayHost, new URL(environment.gatewayUrl).hostname]
  return new Set([...own, ...(environment.acceptsLoopback ? loopback : [])].map((host) => host.toLowerCase()))
}

/** Returns the name in a `Host` header, in lower case and without the port. */
export function getHostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
