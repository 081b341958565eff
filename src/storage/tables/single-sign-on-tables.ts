import type { MemberRole } from '../../contract/roles.ts'

/** The OpenID providers of organizations. */
export interface SingleSignOnTables {
  single_sign_on: SingleSignOnRow
  single_sign_on_domains: SingleSignOnDomainRow
}

interface SingleSignOnRow {
  organization_id: string
  issuer: string
  client_id: string
  /** The client secret under AES-256-GCM with the authority key. */
  sealed_secret: Uint8Array
  role_claim: string | null
  /** JSON array of values and their roles. */
  roles: string
  default_role: MemberRole | null
  is_required: number
  /** JSON array of email addresses in lower case. */
  password_admins: string
  /** JSON array of the values of `amr` and `acr` that state a second factor. */
  second_factor_values: string
  updated_at: number
}

interface SingleSignOnDomainRow {
  organization_id: string
  domain: string
  /** The value of the TXT record, of this organization alone. */
  challenge: string
  proven_at: number | null
}
