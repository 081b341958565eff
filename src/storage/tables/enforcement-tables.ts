import type { EnforcementMode } from '../../contract/enforcement-policy.ts'

/** Enforcement policies, and the readiness of clients. */
export interface EnforcementTables {
  enforcement_plans: EnforcementPlanRow
  readiness_hours: ReadinessHourRow
}

/** The enforcement policy of an organization in an environment; no row without a decision. */
interface EnforcementPlanRow {
  organization_id: string
  environment: string
  mode: EnforcementMode
  /** The start of this mode. */
  since: number
  /** The time from which a certificate is required. */
  enforce_at: number | null
  /** The time since which enforcement is postponed, because calls would be denied. */
  held_since: number | null
  updated_at: number
  updated_by: string
  /** Kind and id of the actor; null in rows from before they were recorded. */
  updated_by_ref: string | null
}

/** How many calls in one hour would be allowed or denied if a certificate were required. */
interface ReadinessHourRow {
  organization_id: string
  environment: string
  /** The start of monitoring. */
  since: number
  /** Empty if unknown. */
  credential_id: string
  /** Empty if they would be allowed. */
  code: string
  hour: number
  calls: number
  last_at: number
  last_address: string
}
