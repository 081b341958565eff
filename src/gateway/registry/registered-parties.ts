import type { OrganizationStatus } from '../../contract/organization.ts'
import type { ParsedCertificate } from '../../pki/certificate/certificate.ts'
import type { Client } from '../../shapes/client.ts'

/** A root or an issuing CA of Postern, or an external CA that operators trust. */
export interface RegisteredIssuer {
  id: string
  /** Null for a root. */
  environment: string | null
  /** When its certificates stop being accepted; null means never. */
  retiresAt: number | null
  /** Whether it is an external CA. */
  isExternal: boolean
  der: Uint8Array
  parsed: ParsedCertificate
}

/** API credentials. For scopes, networks and certificates null means any, and an empty list none. */
export interface RegisteredClient extends Client {
  name: string
}

export interface RegisteredOrganization {
  id: string
  slug: string
  legalName: string
  status: OrganizationStatus
}
