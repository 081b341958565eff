import type { DistinguishedName } from '../pki/name/name.ts'

/** A caller whom the gateway has let in. */
export interface Caller {
  /** Without a certificate, a claim: tokens and secrets of any other organization are refused. */
  organizationId: string
  /** Whether tokens count only with the certificate that they are bound to. */
  isBindingRequired: boolean
  /** Nothing where it may call without one. */
  certificate: CallerCertificate | undefined
}

/** The certificate of a caller, which counts. */
export interface CallerCertificate {
  id: string
  name: string
  /** `x5t#S256` (RFC 8705, 3.1). */
  thumbprint: string
  subject: DistinguishedName
  subjectAltNames: readonly { type: string; value: string }[]
}
