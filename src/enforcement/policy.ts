import type { ActorView } from '../contract/actor.ts'
import type { EnforcementMode } from '../contract/enforcement-policy.ts'

/** The enforcement policy of an organization in an environment. Times are milliseconds since 1970. */
export interface EnforcementPolicy {
  mode: EnforcementMode
  /** The start of this mode; 0 without a decision. */
  since: number
  /** The time from which a certificate is required. */
  enforceAt: number | null
  /** The time since which enforcement is postponed. */
  postponedSince: number | null
}

/** A policy that somebody has decided. */
export interface DecidedPolicy extends EnforcementPolicy {
  /** Who or what changed it last. */
  updatedBy: ActorView
}

/** The organization and environment of a policy. */
export interface PolicyScope {
  organizationId: string
  environment: string
}

/** The number of calls that would be allowed or denied since the mode began. */
export interface Readiness {
  passing: number
  refused: number
  /** Denied calls in the recent hours that decide about enforcement. */
  recent: number
}

/** Calls that would be denied, of one cause and one client. */
export interface WouldBeDenied {
  code: string
  credential: { id: string; clientId: string; name: string } | null
  calls: number
  lastAt: number
  lastAddress: string
}
