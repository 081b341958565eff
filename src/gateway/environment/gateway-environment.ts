import type { EnforcementMode } from '../../contract/enforcement-plan.ts'
import type { ForeignPolicy, Profile } from '../../contract/environment.ts'
import type { RouteMatcher } from './match-route.ts'

/** What a listener knows of the environment that it serves. */
export interface GatewayEnvironment {
  name: string
  gatewayHost: string
  gatewayPort: number
  /** Without a slash at the end; the issuer of its tokens too. */
  gatewayUrl: string
  foreignCertificates: ForeignPolicy
  /** What is required of organizations that have no plan of their own. */
  enforcement: EnforcementMode
  /** Whether each answer says how the certificate of the caller stands. */
  certificateStatusHeader: boolean
  refusals: 'explain' | 'drop'
  /** How fast a client has to send a body, and to take an answer; 0 means as slowly as it likes. */
  limits: { leastBytesPerSecond: number; leastBytesSeconds: number }
  tokenSeconds: number
  /** Which rules clients, endpoints and answers follow. */
  profile: Profile
  scopes: readonly { name: string }[]
  /** Finds the route of a call. */
  matchRoute: RouteMatcher
  /** Whether loopback names count as its host: in the development profile alone. */
  acceptsLoopback: boolean
}

const loopback = ['localhost', '127.0.0.1', '[::1]']

/** The host names under which an environment answers, in lower case. */
export function hostsOf(environment: GatewayEnvironment): ReadonlySet<string> {
  const own = [environment.gatewayHost, new URL(environment.gatewayUrl).hostname]
  return new Set([...own, ...(environment.acceptsLoopback ? loopback : [])].map((host) => host.toLowerCase()))
}

/** The name in a `Host` header, in lower case and without the port. */
export function hostNameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
