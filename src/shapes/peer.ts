import type { DistinguishedName } from '../pki/name/name.ts'

/** A client that the gateway has accepted. */
export interface Peer {
  /** Without a certificate this is a claim: tokens and secrets of any other organization are denied. */
  organizationId: string
  /** Whether tokens are valid only with the certificate that they are bound to. */
  isBindingRequired: boolean
  /** Undefined if the client may call without one. */
  certificate: PeerCertificate | undefined
}

/** The valid certificate of a client. */
export interface PeerCertificate {
  id: string
  name: string
  /** `x5t#S256` (RFC 8705, section 3.1). */
  thumbprint: string
  subject: DistinguishedName
  subjectAltNames: readonly { type: string; value: string }[]
}
