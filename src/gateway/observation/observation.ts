import type { ActivityRecord } from '../../contract/usage-batch.ts'
import type { Readiness } from '../request-context/findings.ts'

/** An event, and whether the certificate was accepted (even if the token was then denied). */
export interface Observation extends Omit<ActivityRecord, 'id'> {
  accepted: boolean
  /** Whether the token endpoint has issued an access token. */
  issuedToken?: boolean | undefined
  /** What is counted for the enforcement readiness of its organization. */
  readiness?: Readiness | undefined
}
