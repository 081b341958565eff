import type { EnforcementMode } from '../contract/enforcement-plan.ts'
import type { ErrorCode } from '../contract/error-codes.ts'

/** What is required of the callers of an organization in an environment. Moments are milliseconds since 1970. */
export interface Plan {
  mode: EnforcementMode
  /** Since when it is this mode; 0 where nobody has decided. */
  since: number
  /** From when on a certificate is to be required. */
  enforceAt: number | null
  /** Since when that is put off. */
  heldSince: number | null
}

/** Whose plan it is. */
export interface PlanPlace {
  organizationId: string
  environment: string
}

/** How many calls would pass or be refused, since the mode began. */
export interface Readiness {
  passing: number
  refused: number
  /** Of the refused, those in the hours that decide. */
  recent: number
}

/** Calls that would be refused, of one cause and one client. */
export interface WouldBeRefused {
  code: ErrorCode
  credential: { id: string; clientId: string; name: string } | null
  calls: number
  lastAt: number
  lastAddress: string
}
