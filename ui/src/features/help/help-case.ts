import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** A problem, from the user's symptom to the fix. */
export interface HelpCase {
  id: string
  symptom: string
  /** Error messages of programs, for recognition. */
  says: string[]
  /** The codes of the gateway for this problem. */
  codes: ErrorCode[]
  meaning: string
  steps: string[]
}
