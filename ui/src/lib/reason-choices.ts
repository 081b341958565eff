import { revocationReasons } from '../../../src/contract/certificate.ts'
import { revocationReasonDetails } from '../../../src/pki/status/revocation-reason.ts'

/** The reasons of a revocation, as a list to choose from has them. */
export const reasonChoices = revocationReasons.map((value) => ({
  value,
  label: revocationReasonDetails[value].label,
}))
