import type { EnforcementMode } from '../../contract/enforcement-plan.ts'

/** What is required of the callers of an organization in an environment. */
export interface RegisteredPlan {
  mode: EnforcementMode
  /** Since when, milliseconds since 1970; 0 where it has never been anything else. */
  since: number
}
