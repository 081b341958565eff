import type { revocationReasons } from '../../contract/certificate.ts'

/** The reasons of a revocation, by their names in RFC 5280, section 5.3.1. */
export type RevocationReason = (typeof revocationReasons)[number]

/** Each reason with its CRLReason number (RFC 5280, section 5.3.1) and its text for users. */
export const revocationReasonDetails: Record<RevocationReason, { code: number; label: string }> = {
  unspecified: { code: 0, label: 'No particular reason' },
  keyCompromise: { code: 1, label: 'The private key may be in the wrong hands' },
  affiliationChanged: { code: 3, label: 'The organization’s details have changed' },
  superseded: { code: 4, label: 'Another certificate has replaced it' },
  cessationOfOperation: { code: 5, label: 'The service no longer runs' },
  privilegeWithdrawn: { code: 9, label: 'Access has been withdrawn' },
}
