import type { RevocationReason } from '../../../src/contract/certificate.ts'
import { revocationReasonNames } from '../../../src/contract/enum-names.ts'
import { revocationReasonDetails } from '../../../src/pki/status/revocation-reason.ts'

/** Returns the text of a revocation reason for users. */
export const reasonLabel = (reason: RevocationReason): string =>
  revocationReasonDetails[revocationReasonNames.toStored(reason)].label

/** The reasons of a revocation, as a list to choose from has them. */
export const reasonChoices = revocationReasonNames.names.map((value) => ({
  value,
  label: reasonLabel(value),
}))
