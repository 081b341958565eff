import type { Generated } from 'kysely'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'

/** What other CAs say of the certificates that they issued. */
export interface ExternalStatusTables {
  external_statuses: Omit<ExternalStatusRow, 'is_awaited'> & { is_awaited: Generated<number> }
  external_checks: Omit<ExternalCheckRow, 'failures'> & { failures: Generated<number> }
  external_links: ExternalLinkRow
}

/** A registered certificate below a trusted issuer. */
interface ExternalStatusRow {
  certificate_id: string
  /** From when it counts how long its CAs have said nothing: its registration, or when they were first to be asked. */
  described_at: number
  /** 1 until it is known what to ask about it. */
  is_awaited: number
  /** How many statements are about it: fewer links than that are not all. */
  expected_links: number
  /** 0 if a certificate of its path names sources, and none that can be asked. */
  is_askable: number
  /** Since when it or a CA above it is revoked, as its issuer says; null if it is not. */
  revoked_at: number | null
  revoked_reason: RevocationReason | null
  /** The name of the CA that says so. */
  revoked_by: string | null
  /** The subject of the revoked CA above the certificate; null if it is the certificate itself. */
  revoked_subject: string | null
}

/** A CRL, or the OCSP response for one certificate, and how asking for it goes. */
export interface ExternalCheckRow {
  id: string
  /** The issuer that operators trust, at the top of the path. */
  issuer_id: string
  /** The organization whose certificate named it first. */
  organization_id: string
  kind: 'crl' | 'ocsp'
  /** The host of the first URL. */
  host: string
  /** JSON: where it is, as the certificates have it. */
  urls: string
  /** The name of the CA whose statement it is. */
  issuer: string
  issuer_der: Uint8Array
  /** Hex; null for a CRL. */
  serial_number: string | null
  /** Whether the certificates are those of CAs. */
  is_of_authorities: number
  created_at: number
  /** Until when the last answer holds; null without any. */
  confirmed_until: number | null
  this_update: number | null
  answered_at: number | null
  asked_at: number | null
  failing_since: number | null
  failures: number
  /** Why it failed last; ends a sentence about the source. */
  problem: string | null
  /** When it is to be asked next; null while another source answers. */
  next_at: number | null
}

/** Which statement is about which certificate, or about a CA above it. */
interface ExternalLinkRow {
  certificate_id: string
  check_id: string
  /** 0 for the certificate itself, 1 for its issuer, and so on. */
  depth: number
  /** Hex. */
  serial_number: string
  subject: string
  /** When it was first looked for in an answer; null before. */
  looked_at: number | null
}
