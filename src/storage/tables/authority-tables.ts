import type { Generated } from 'kysely'
import type { KeyLocation } from '../../contract/authority.ts'

/** Issuing CAs, their keys, and their publications. */
export interface AuthorityTables {
  issuers: IssuerRow
  issuer_keys: IssuerKeyRow
  revocation_lists: RevocationListRow
  revocation_list_chunks: RevocationListChunkRow
  ocsp_responders: OcspResponderRow
}

interface IssuerRow {
  id: string
  /** `root`, `issuing`, or `foreign` for an external CA. */
  kind: 'root' | 'issuing' | 'foreign'
  /** Null for the root. */
  environment: string | null
  /** Null for the root and for external CAs. */
  parent_id: string | null
  certificate_der: Uint8Array
  not_before: number
  not_after: number
  /** Number of the latest CRL (RFC 5280, section 5.2.3). */
  crl_number: Generated<number>
  created_at: number
  /** The time from which its certificates are denied; null means never. */
  retires_at: number | null
}

/** Only `signer/` reads this table. */
interface IssuerKeyRow {
  issuer_id: string
  algorithm: string
  location: KeyLocation
  /** PKCS#8 under AES-256-GCM; null if the key is not in the store. */
  sealed_key: Uint8Array | null
  /** The label of the key's token, or its slot. */
  token: string | null
  /** The key's CKA_ID in the token, hex. */
  token_key_id: string | null
  created_at: number
}

interface RevocationListRow {
  issuer_id: string
  /** 0 is the full CRL; other numbers are its partitions. */
  partition: number
  /** The address in the certificates of a partition; null for the full CRL. */
  address: string | null
  /** How many certificates may already name this partition. */
  places: Generated<number>
  /** 0 until it is published. */
  number: Generated<number>
  this_update: Generated<number>
  next_update: Generated<number>
  entries: Generated<number>
  /** Size of its DER, octets; the DER is in chunks. */
  size: Generated<number>
  /** The time at which it is due for renewal. */
  due_at: Generated<number>
}

/** A chunk of the DER of a CRL; those of the previous CRL stay until the next one. */
interface RevocationListChunkRow {
  issuer_id: string
  partition: number
  number: number
  /** The first is 0. */
  position: number
  bytes: Uint8Array
}

interface OcspResponderRow {
  id: string
  issuer_id: string
  serial_number: string
  /** The TBSCertificate for the issuer, stored before it signs. */
  tbs_der: Uint8Array
  /** The issuer signs only with the valid seal. */
  plan_seal: Uint8Array | null
  certificate_der: Uint8Array | null
  /** PKCS#8 under AES-256-GCM; null after the certificate has expired. Only `signer/` reads it. */
  sealed_key: Uint8Array | null
  /** The same key, sealed for processes that only publish; null if there are none, and after the certificate has expired. */
  publication_key: Uint8Array | null
  not_after: number
  created_at: number
}
