import type { EnforcementMode } from '../../contract/enforcement-plan.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'

/** Of whom certificates are required, and who is ready for it. */
export interface EnforcementTables {
  enforcement_plans: EnforcementPlanRow
  readiness_hours: ReadinessHourRow
}

/** What is required of the callers of an organization in an environment; none where nobody has decided. */
interface EnforcementPlanRow {
  organization_id: string
  environment: string
  mode: EnforcementMode
  /** Since when it is this mode. */
  since: number
  /** From when on a certificate is to be required. */
  enforce_at: number | null
  /** Since when that is put off, because calls would be refused. */
  held_since: number | null
  updated_at: number
  updated_by: string
}

/** What would become of calls if a certificate were required: how many, in one hour. */
interface ReadinessHourRow {
  organization_id: string
  environment: string
  /** Since when it was observed. */
  since: number
  /** Empty where it is not known. */
  credential_id: string
  /** Empty where they would pass. */
  code: ErrorCode | ''
  hour: number
  calls: number
  last_at: number
  last_address: string
}
