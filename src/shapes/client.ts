import type { KeyObject } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { ClientAlgorithm } from '../contract/client-key.ts'
import type { Profile } from '../contract/environment.ts'
import type { PeerCertificate } from './peer.ts'

/**
 * API credentials in the form that the token endpoint needs. For scopes, networks and certificates null means
 * any, and an empty list none.
 */
export interface Client {
  credentialId: string
  clientId: string
  organizationId: string
  environment: string
  scopes: readonly string[] | null
  networks: BlockList | null
  certificateIds: ReadonlySet<string> | null
  tlsClientAuth: { kind: string; value: string } | null
  /** SHA-256 of each secret, and its expiry; null means no expiry. */
  secrets: readonly { sha256: Uint8Array; expiresAt: number | null }[]
  /** The public keys that sign its assertions (RFC 7523); `id` is their `kid`. */
  keys: readonly { id: string; algorithm: ClientAlgorithm; publicKey: KeyObject }[]
}

/** The token issuer of one environment. */
export interface TokenIssuer {
  environment: string
  /** `iss` and `aud` of its tokens. */
  url: string
  /** The rules for clients and endpoints. */
  profile: Profile
  tokenSeconds: number
  scopes: readonly string[]
}

/**
 * Returns whether credentials that are restricted to certificates may be used with this one, or without any.
 */
export const mayBeUsedWith = (
  { certificateIds }: Pick<Client, 'certificateIds'>,
  certificate: Pick<PeerCertificate, 'id'> | undefined,
): boolean => certificateIds === null || (certificate !== undefined && certificateIds.has(certificate.id))
