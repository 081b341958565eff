import type { ActivityRecord } from '../../contract/usage-batch.ts'
import type { Readiness } from '../request-context/findings.ts'

/** Something seen, and whether the certificate was let in (also where the token was then refused). */
export interface Observation extends Omit<ActivityRecord, 'id'> {
  accepted: boolean
  /** What is counted for the readiness of its organization. */
  readiness?: Readiness | undefined
}
