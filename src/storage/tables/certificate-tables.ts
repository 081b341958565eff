import type { Generated } from 'kysely'
import type { CertificateSource, CertificateStatus } from '../../contract/certificate.ts'
import type { keyKinds } from '../../contract/environment.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'

/** Certificates, from draft to revocation. */
export interface CertificateTables {
  certificates: Omit<CertificateRow, 'key_renewal'> & { key_renewal: Generated<number> }
  registrations: RegistrationRow
  seen_rsa_keys: SeenRsaKeysRow
}

export interface CertificateRow {
  id: string
  organization_id: string
  environment: string
  number: number
  name: string
  status: Exclude<CertificateStatus, 'expired'>
  description: string
  owner: string
  related_service: string
  rotation_policy: string
  /** JSON array of e-mail addresses. */
  contacts: string
  /** JSON: the subject that the certificate carries, beside its name; the three columns below are what the pre-filled command asks for. */
  certified_subject: string
  organization_name: string
  country: string
  state: string
  key_kind: (typeof keyKinds)[number]
  csr_der: Uint8Array | null
  /** SHA-256 of the SubjectPublicKeyInfo, hex; null again when a request is given up, which frees the key. */
  spki_sha256: string | null
  submitted_at: number | null
  submitted_by: string | null
  submitted_from: string | null
  /** Shows that Postern took the request; `certificates/issuance/seal-request.ts`. */
  request_seal: Uint8Array | null
  issuer_id: string | null
  serial_number: string | null
  /** The partition of the CRL that it names; null where that is the full one. */
  crl_partition: number | null
  /** What the key is to sign: stored before it signs. */
  tbs_der: Uint8Array | null
  /** Without the right one the signer does not sign the plan. */
  plan_seal: Uint8Array | null
  certificate_der: Uint8Array | null
  /** SHA-256 of the certificate, hex. */
  fingerprint_sha256: string | null
  not_before: number | null
  not_after: number | null
  issued_at: number | null
  decided_at: number | null
  decided_by: string | null
  approved: number | null
  decision_reason: string | null
  /** Shows that an operator approved this by way of Postern. */
  decision_seal: Uint8Array | null
  revoked_at: number | null
  revoked_by: string | null
  revocation_reason: RevocationReason | null
  replaces_id: string | null
  created_at: number
  created_by: string
  first_used_at: number | null
  last_used_at: number | null
  /** Name, description, serial number and fingerprint in lower case. */
  search_text: string
  /** `postern`; `trusted-issuer` or `pinned` where another authority has issued it. */
  source: CertificateSource
  /** PEM of what stands between such a certificate and the trusted issuer. */
  foreign_chain: string | null
  /** JSON: how somebody proved to have the key of such a certificate. */
  proof: string | null
  /** 0 for the first certificate of a key; one more for each that renews the one before. */
  key_renewal: number
}

/** A certificate of another authority whose key is still to be proven. It holds nobody else up. */
export interface RegistrationRow {
  id: string
  organization_id: string
  environment: string
  /** JSON: what people write about the certificate. */
  details: string
  certificate_der: Uint8Array
  fingerprint_sha256: string
  /** PEM of the other certificates that came with it. */
  foreign_chain: string
  /** As it was judged when it was registered; the proof judges again. */
  source: Exclude<CertificateSource, 'postern'>
  not_after: number
  /** 256 random bits, base64url: makes the statement that is to be signed a new one each time. */
  challenge: string
  /** JSON: who registers it. */
  registered_by: string
  created_at: number
  expires_at: number
  /** JSON: the mTLS call that has proven the key. */
  handshake: string | null
  /** Why such a call did not suffice. */
  problem: string | null
  certificate_id: string | null
}

/** RSA keys that were ever submitted, in blocks, so that a comparison with all of them reads few rows. */
interface SeenRsaKeysRow {
  /** Without gaps from 1; only the last one grows. */
  block: number
  /** How many keys it holds. */
  count: number
  /** Modulus and exponent of each, each after its length in two octets. */
  keys: Uint8Array
}
