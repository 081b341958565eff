import type { RevocationReason } from '../../pki/status/revocation-reason.ts'

/** What the gateway keeps of an issued or revoked certificate. Moments are milliseconds since 1970. */
export interface RegisteredCertificate {
  id: string
  name: string
  organizationId: string
  environment: string
  /** Empty where it is pinned: of another authority, that nobody here trusts for more than this one. */
  issuerId: string
  revoked: boolean
  /** SHA-256 of the DER, hex. */
  fingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  publicKey: string
  notBefore: number
  /** Its last second counts (RFC 5280, 4.1.2.5). */
  notAfter: number
}

/** Why and when a certificate was revoked; milliseconds since 1970. */
export interface KnownRevocation {
  reason: RevocationReason
  at: number
}

/** A certificate as the store has it. */
export interface StoredCertificate extends RegisteredCertificate {
  /** Null where it is not revoked. */
  revocation?: KnownRevocation | null
}
