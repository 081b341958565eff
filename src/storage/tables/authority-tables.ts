import type { Generated } from 'kysely'
import type { KeyLocation } from '../../contract/authority.ts'

/** Issuing CAs, their keys, and what they publish. */
export interface AuthorityTables {
  issuers: IssuerRow
  issuer_keys: IssuerKeyRow
  revocation_lists: RevocationListRow
  revocation_list_chunks: RevocationListChunkRow
  ocsp_responders: OcspResponderRow
}

interface IssuerRow {
  id: string
  /** `root`, `issuing`, or `foreign` for an authority of somebody else. */
  kind: 'root' | 'issuing' | 'foreign'
  /** Null for the root. */
  environment: string | null
  /** Null for the root and for those of others. */
  parent_id: string | null
  certificate_der: Uint8Array
  not_before: number
  not_after: number
  /** Number of the newest CRL (RFC 5280, 5.2.3). */
  crl_number: Generated<number>
  created_at: number
  /** From when on its certificates are refused; null means never. */
  retires_at: number | null
}

/** Only `signer/` reads this table. */
interface IssuerKeyRow {
  issuer_id: string
  algorithm: string
  location: KeyLocation
  /** PKCS#8 under AES-256-GCM; null where the key is not in the store. */
  sealed_key: Uint8Array | null
  /** The label of the token that the key is in, or its slot. */
  token: string | null
  /** Its CKA_ID there, hex. */
  token_key_id: string | null
  created_at: number
}

interface RevocationListRow {
  issuer_id: string
  /** 0 is the full CRL; the others are partitions of it. */
  partition: number
  /** The address that the certificates of a partition name; null for the full CRL. */
  address: string | null
  /** How many certificates may name this partition already. */
  places: Generated<number>
  /** 0 until it is published. */
  number: Generated<number>
  this_update: Generated<number>
  next_update: Generated<number>
  entries: Generated<number>
  /** Octets of its DER, which is in chunks. */
  size: Generated<number>
  /** From when it is to be made anew. */
  due_at: Generated<number>
}

/** A piece of the DER of a CRL; those of the list before stay until the next one. */
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
  /** What the issuer is to sign: stored before it signs. */
  tbs_der: Uint8Array
  /** Without the right one the issuer does not sign. */
  plan_seal: Uint8Array | null
  certificate_der: Uint8Array | null
  /** PKCS#8 under AES-256-GCM; null again when the certificate has ended. Only `signer/` reads it. */
  sealed_key: Uint8Array | null
  not_after: number
  created_at: number
}
