import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** One thing that goes wrong, from what a person sees to what they can do. */
export interface HelpCase {
  id: string
  symptom: string
  /** What programs print then, to be recognised. */
  says: string[]
  /** The codes of the gateway that mean this. */
  codes: ErrorCode[]
  meaning: string
  steps: string[]
}
