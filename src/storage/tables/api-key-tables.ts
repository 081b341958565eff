import type { ApiKeyRole } from '../../contract/api-key.ts'

/** API keys of users and organizations, and their secrets. */
export interface ApiKeyTables {
  api_keys: ApiKeyRow
  api_key_secrets: ApiKeySecretRow
}

interface ApiKeyRow {
  id: string
  /** The user whose key it is; null for the key of an organization. */
  user_id: string | null
  /** The organization whose key it is, or to which the key of a user is limited; null for all of the user. */
  organization_id: string | null
  name: string
  role: ApiKeyRole
  /** JSON array, or JSON null for all scopes; see `parseRestriction`. */
  scopes: string
  /** JSON array of CIDR ranges, or JSON null for any address. */
  networks: string
  /** When its newest secret ends. */
  expires_at: number
  created_at: number
  created_by: string
  created_by_ref: string
  last_used_at: number | null
}

interface ApiKeySecretRow {
  /** SHA-256 of the secret in base64url. */
  sha256: string
  api_key_id: string
  /** The first characters of the secret. */
  prefix: string
  created_at: number
  expires_at: number
}
