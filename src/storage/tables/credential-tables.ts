import type { TlsClientAuth } from '../../contract/credential.ts'
import type { TokenAlgorithm } from '../../contract/environment.ts'

/** API credentials, token signing keys and token revocations. */
export interface CredentialTables {
  credentials: CredentialRow
  credential_secrets: CredentialSecretRow
  signing_keys: SigningKeyRow
  revoked_tokens: RevokedTokenRow
  used_assertions: UsedAssertionRow
}

interface CredentialRow {
  id: string
  organization_id: string
  environment: string
  name: string
  description: string
  client_id: string
  /** JSON array, or JSON null for all scopes of the environment; see `parseRestriction`. */
  scopes: string
  /** JSON array of CIDR ranges, or JSON null for any address. */
  networks: string
  /** JSON array of certificate ids, or JSON null for any of the organization. */
  certificate_ids: string
  tls_client_auth_kind: TlsClientAuth['kind'] | null
  tls_client_auth_value: string | null
  /** JSON of a JWK Set of public keys, for clients that sign assertions; null for all others. */
  jwks: string | null
  created_at: number
  created_by: string
  /** Kind and id of the actor; null in rows from before they were recorded. */
  created_by_ref: string | null
  deleted_at: number | null
  last_used_at: number | null
}

interface CredentialSecretRow {
  id: string
  credential_id: string
  /** SHA-256 of the secret, hex. The secret has 256 random bits, so no slow hash is needed. */
  secret_sha256: string
  hint: string
  created_at: number
  expires_at: number | null
}

interface SigningKeyRow {
  /** The key id, `kid`. */
  id: string
  environment: string
  algorithm: TokenAlgorithm
  public_jwk: string
  /** PKCS#8 under AES-256-GCM with the gateways' key, which opens no CA key. */
  sealed_key: Uint8Array
  created_at: number
  /** The time from which it signs. It is published from `created_at` on. */
  signs_from: number
  /** Until when its tokens are accepted; null while it is the latest key. */
  accepted_until: number | null
}

interface RevokedTokenRow {
  /** `jti` of the token. */
  id: string
  environment: string
  expires_at: number
  revoked_at: number
}

interface UsedAssertionRow {
  /** A hash of the credentials and of the `jti` of their assertion. */
  id: string
  expires_at: number
}
