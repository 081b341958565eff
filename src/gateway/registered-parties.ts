import type { KeyObject } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { ClientAlgorithm } from '../contract/client-key.ts'
import type { ParsedCertificate } from '../pki/certificate/certificate.ts'

/** A root or an issuing CA of Postern's own, or an authority of somebody else that operators trust. */
export interface RegisteredIssuer {
  id: string
  /** Null for a root. */
  environment: string | null
  /** From when on its certificates are refused; null means never. */
  retiresAt: number | null
  /** Whether it is of somebody else. */
  isForeign: boolean
  der: Uint8Array
  parsed: ParsedCertificate
}

/** API credentials. For scopes, networks and certificates null means any, and an empty list none. */
export interface RegisteredClient {
  credentialId: string
  clientId: string
  name: string
  organizationId: string
  environment: string
  scopes: readonly string[] | null
  networks: BlockList | null
  certificateIds: ReadonlySet<string> | null
  tlsClientAuth: { kind: string; value: string } | null
  /** SHA-256 of each secret, and until when it is valid; null means without end. */
  secrets: readonly { sha256: Uint8Array; expiresAt: number | null }[]
  /** The public keys that sign its assertions; `id` is what their `kid` says. */
  keys: readonly { id: string; algorithm: ClientAlgorithm; publicKey: KeyObject }[]
}

export interface RegisteredOrganization {
  id: string
  slug: string
  legalName: string
}
