import type { Generated } from 'kysely'
import type { BulkRevocationState } from '../../contract/bulk-revocation.ts'
import type { CertificateSource, CertificateStatus } from '../../contract/certificate.ts'
import type { CertificatePurpose, keyKinds } from '../../contract/environment.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'

/** Certificates, from draft to revocation. */
export interface CertificateTables {
  certificates: Omit<
    CertificateRow,
    | 'key_renewal'
    | 'lapsed'
    | 'last_denied_at'
    | 'draft_ends_at'
    | 'replaced_at'
    | 'responsible_user_id'
    | 'external_issuer'
    | 'external_purpose'
  > & {
    key_renewal: Generated<number>
    lapsed: Generated<number>
    last_denied_at: Generated<number | null>
    draft_ends_at: Generated<number | null>
    replaced_at: Generated<number | null>
    responsible_user_id: Generated<string | null>
    external_issuer: Generated<string | null>
    external_purpose: Generated<CertificatePurpose | null>
  }
  certificate_counts: CertificateCountRow
  certificate_search: CertificateSearchRow
  registrations: RegistrationRow
  seen_rsa_keys: SeenRsaKeysRow
  bulk_revocations: BulkRevocationRow
  bulk_revocation_certificates: BulkRevocationCertificateRow
}

/** How many certificates there are of one kind. Triggers keep the number in the transaction of each change. */
interface CertificateCountRow {
  organization_id: string
  environment: string
  /** Empty before a certificate has an issuer. */
  issuer_id: string
  /** With `expired`, once `lapsed` is set. */
  status: CertificateStatus
  count: number
}

/**
 * The searched text of each certificate, which triggers keep, and its indexes: on SQLite the table of full-text search
 * `certificate_trigrams`, on PostgreSQL an index of arrays.
 */
interface CertificateSearchRow {
  /** SQLite only: the number of the organization in `search_spaces`, times 2^32, plus that of the certificate. */
  key: number
  certificate_id: string
  /** PostgreSQL only. */
  organization_id: string
  text: string
}

/** A bulk revocation, or a dry run of one. */
interface BulkRevocationRow {
  id: string
  state: BulkRevocationState
  /** JSON: the one criterion. */
  selection: string
  reason: RevocationReason
  matching: number
  created_at: number
  /** JSON of the actor. */
  created_by: string
  finished_at: number | null
}

interface BulkRevocationCertificateRow {
  bulk_revocation_id: string
  certificate_id: string
  outcome: Generated<'revoked' | 'skipped' | null>
  settled_at: Generated<number | null>
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
  /** JSON array of email addresses. */
  contacts: string
  /**
   * JSON: the subject in the certificate, besides its name; the three columns below are the subject of the
   * generated command.
   */
  certified_subject: string
  organization_name: string
  country: string
  state: string
  key_kind: (typeof keyKinds)[number]
  csr_der: Uint8Array | null
  /**
   * SHA-256 of the SubjectPublicKeyInfo, hex; null after a request is canceled, so that the key can be used
   * again.
   */
  spki_sha256: string | null
  submitted_at: number | null
  submitted_by: string | null
  /** Kind and id of the actor; null in rows from before they were recorded. */
  submitted_by_ref: string | null
  submitted_from: string | null
  /** Proves that Postern accepted the request; `certificates/issuance/seal-request.ts`. */
  request_seal: Uint8Array | null
  issuer_id: string | null
  serial_number: string | null
  /** The CRL partition that it names; null for the full CRL. */
  crl_partition: number | null
  /** The TBSCertificate, stored before the key signs it. */
  tbs_der: Uint8Array | null
  /** The signer signs the plan only with the valid seal. */
  plan_seal: Uint8Array | null
  certificate_der: Uint8Array | null
  /** SHA-256 of the certificate, hex. */
  fingerprint_sha256: string | null
  not_before: number | null
  not_after: number | null
  issued_at: number | null
  decided_at: number | null
  decided_by: string | null
  decided_by_ref: string | null
  approved: number | null
  decision_reason: string | null
  /** Proves that an operator approved this through Postern. */
  decision_seal: Uint8Array | null
  revoked_at: number | null
  revoked_by: string | null
  revoked_by_ref: string | null
  revocation_reason: RevocationReason | null
  replaces_id: string | null
  created_at: number
  created_by: string
  created_by_ref: string | null
  /** Who created it, or later named another owner or contact; null for the key of an organization. */
  responsible_user_id: string | null
  first_used_at: number | null
  last_used_at: number | null
  /** When the gateway last denied a connection or a request with it. */
  last_denied_at: number | null
  /** 1 once a scheduled task has found that an issued certificate has expired: lists are sorted by it. */
  lapsed: number
  /** Name, description, serial number and fingerprint in lower case. */
  search_text: string
  /** `postern`; `trusted-issuer` or `pinned` for an externally issued certificate. */
  source: CertificateSource
  /** PEM of the intermediate certificates between such a certificate and the trusted issuer. */
  foreign_chain: string | null
  /** JSON: the proof of possession for such a certificate. */
  proof: string | null
  /** 0 for the first certificate of a key, plus 1 for each renewal. */
  key_renewal: number
  /** When it is canceled unless it is changed or submitted before; of no meaning after that. */
  draft_ends_at: number | null
  /** When a gateway first accepted its replacement; null until then. */
  replaced_at: number | null
  /** The issuer that an externally issued certificate names (RFC 4514); null in rows of older releases. */
  external_issuer: string | null
  /** Its purpose; null in rows of older releases until a scheduled task has read them. */
  external_purpose: CertificatePurpose | null
}

/** An externally issued certificate until possession of its key is proven. It reserves nothing. */
export interface RegistrationRow {
  id: string
  organization_id: string
  environment: string
  /** JSON: the details of the certificate for users. */
  details: string
  certificate_der: Uint8Array
  fingerprint_sha256: string
  /** PEM of the other certificates that were submitted with it. */
  foreign_chain: string
  /** The source at the time of registration; the proof checks it again. */
  source: Exclude<CertificateSource, 'postern'>
  not_after: number
  /** 256 random bits, base64url: makes each challenge unique. */
  challenge: string
  /** JSON: the registering user. */
  registered_by: string
  created_at: number
  expires_at: number
  /** JSON: the mTLS call that has proven possession. */
  handshake: string | null
  /** Why such a call was not sufficient. */
  problem: string | null
  certificate_id: string | null
}

/** RSA keys of all submitted CSRs, in blocks, so that a comparison with all of them reads few rows. */
interface SeenRsaKeysRow {
  /** Consecutive from 1; only the last one grows. */
  block: number
  /** Number of keys in the block. */
  count: number
  /** Modulus and exponent of each, each after its length in two octets. */
  keys: Uint8Array
}
