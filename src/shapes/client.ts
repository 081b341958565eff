import type { KeyObject } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { ClientAlgorithm } from '../contract/client-key.ts'
import type { Profile } from '../contract/environment.ts'
import type { CallerCertificate } from './caller.ts'

/**
 * API credentials as the token endpoint needs them. For scopes, networks and certificates null means any, and an
 * empty list none.
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
  /** SHA-256 of each secret, and until when it is valid; null means without end. */
  secrets: readonly { sha256: Uint8Array; expiresAt: number | null }[]
  /** The public keys that sign its assertions (RFC 7523); `id` is what their `kid` says. */
  keys: readonly { id: string; algorithm: ClientAlgorithm; publicKey: KeyObject }[]
}

/** Who issues tokens, and for what: the facts of one environment. */
export interface TokenIssuer {
  environment: string
  /** `iss` and `aud` of its tokens. */
  url: string
  /** Which rules clients and endpoints follow. */
  profile: Profile
  tokenSeconds: number
  scopes: readonly string[]
}

/** Whether credentials that are limited to certificates may be used with this one, or without any. */
export const mayBeUsedWith = (
  { certificateIds }: Pick<Client, 'certificateIds'>,
  certificate: Pick<CallerCertificate, 'id'> | undefined,
): boolean => certificateIds === null || (certificate !== undefined && certificateIds.has(certificate.id))
