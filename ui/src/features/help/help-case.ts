import type { DenialCode } from '../../../../src/contract/denial-codes.ts'
import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** A problem, from the user's symptom to the fix. */
export interface HelpCase {
  id: string
  symptom: string
  /** Error messages of programs, for recognition. */
  says: string[]
  /** The codes of the gateway or the API for this problem. */
  codes: (DenialCode | ErrorCode)[]
  meaning: string
  steps: string[]
}
