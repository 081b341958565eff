import type { RevocationReason } from '../../pki/status/revocation-reason.ts'

/** What the gateway stores of an issued or revoked certificate. Times are milliseconds since 1970. */
export interface RegisteredCertificate {
  id: string
  name: string
  organizationId: string
  environment: string
  /** Empty for a pinned certificate: one from an external CA that is not trusted for others. */
  issuerId: string
  revoked: boolean
  /** Whether it is externally issued for TLS servers alone: accepted only by an exception for its organization. */
  isServerOnly: boolean
  /** Whether a certificate that replaces it has been accepted, and still is valid for the store. */
  replaced: boolean
  /** SHA-256 of the DER, hex. */
  fingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, hex. */
  publicKey: string
  notBefore: number
  /** Inclusive (RFC 5280, section 4.1.2.5). */
  notAfter: number
}

/** Reason and time of a revocation; milliseconds since 1970. */
export interface KnownRevocation {
  reason: RevocationReason
  at: number
}

/** A certificate as the store has it. */
export interface StoredCertificate extends RegisteredCertificate {
  /** Null if it is not revoked. */
  revocation?: KnownRevocation | null
}
