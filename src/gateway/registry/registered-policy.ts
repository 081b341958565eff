import type { EnforcementMode } from '../../contract/enforcement-policy.ts'

/** The enforcement policy of an organization in an environment. */
export interface RegisteredPolicy {
  mode: EnforcementMode
  /** Since when, milliseconds since 1970; 0 if it was never changed. */
  since: number
}
