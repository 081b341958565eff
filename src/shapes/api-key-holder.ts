import type { ApiKeyRole } from '../contract/api-key.ts'
import type { OperatorRole } from '../contract/roles.ts'

/** An API key that was presented, and its user. */
export interface ApiKeyHolder {
  id: string
  name: string
  role: ApiKeyRole
  /** The organization of the key, or the only one in which the key of a user works; null for all of the user. */
  organizationId: string | null
  /** Null for all that the role may do. */
  scopes: string[] | null
  /** Null for the key of an organization. */
  user: {
    userId: string
    email: string
    name: string
    operatorRole: OperatorRole | null
    mustChangePassword: boolean
  } | null
}
