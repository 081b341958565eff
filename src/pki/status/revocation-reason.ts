import type { revocationReasons } from '../../contract/certificate.ts'

/** Why a certificate was revoked, by the names of RFC 5280, 5.3.1. */
export type RevocationReason = (typeof revocationReasons)[number]

/** Each reason with its CRLReason number (RFC 5280, 5.3.1) and how it is put to a person. */
export const revocationReasonFacts: Record<RevocationReason, { code: number; label: string }> = {
  unspecified: { code: 0, label: 'No particular reason' },
  keyCompromise: { code: 1, label: 'The private key may be in the wrong hands' },
  affiliationChanged: { code: 3, label: 'The organization’s details have changed' },
  superseded: { code: 4, label: 'Another certificate has replaced it' },
  cessationOfOperation: { code: 5, label: 'The service no longer runs' },
  privilegeWithdrawn: { code: 9, label: 'Access has been withdrawn' },
}
