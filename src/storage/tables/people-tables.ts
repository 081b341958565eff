import type { Generated } from 'kysely'
import type { LinkPurpose } from '../../contract/account.ts'
import type { ConfirmationView } from '../../contract/confirmation.ts'
import type { OrganizationStatus } from '../../contract/organization.ts'
import type { MemberRole, OperatorRole } from '../../contract/roles.ts'
import type { SecondFactor } from '../../contract/second-factor.ts'

/** Sign-in, organizations and their members. */
export interface PeopleTables {
  confirmations: ConfirmationRow
  users: UserRow
  sessions: SessionRow
  accounts: AccountRow
  one_time_links: OneTimeLinkRow
  organizations: OrganizationRow
  members: MemberRow
  step_up_proofs: StepUpProofRow
  invitations: InvitationRow
  erasures: ErasureRow
}

interface UserRow {
  id: string
  email: string
  email_verified: number
  name: string
  image: string | null
  /** Null for everybody who does not work for the provider. */
  operator_role: OperatorRole | null
  must_change_password: number
  /** Since when the user cannot sign in; null for everybody who can. */
  deactivated_at: Generated<number | null>
  /** When the user last used the portal, to about five minutes; null before the first sign-in. */
  last_seen_at: Generated<string | null>
  /** The IANA time zone of dates in emails to the user; null if none was chosen. */
  time_zone: Generated<string | null>
  /** Whether the user has answered which time zone; an answer may be none. */
  has_answered_time_zone: Generated<number>
  created_at: string
  updated_at: string
}

interface SessionRow {
  id: string
  user_id: string
  /** SHA-256 of the token in base64url; only the cookie contains the token itself. */
  token_sha256: string
  expires_at: string
  ip_address: string | null
  user_agent: string | null
  /** What proved the sign-in beside the password; null for a password alone. */
  second_factor: Generated<SecondFactor | null>
  /** The organization whose OpenID provider stated a second factor; it counts for this organization alone. */
  second_factor_for: Generated<string | null>
  /** The organization whose OpenID provider began the session, which opens this organization alone; else null. */
  signed_in_by: Generated<string | null>
  created_at: string
  /** When the session was last used, to about a minute. */
  updated_at: string
}

interface AccountRow {
  id: string
  account_id: string
  provider_id: string
  user_id: string
  access_token: string | null
  refresh_token: string | null
  id_token: string | null
  access_token_expires_at: string | null
  refresh_token_expires_at: string | null
  scope: string | null
  password: string | null
  created_at: string
  updated_at: string
}

interface StepUpProofRow {
  /** SHA-256 of the token in base64url; only the client has the token itself. */
  token_sha256: string
  user_id: string
  /** SHA-256 of the token of the session in which the user proved who they are. */
  session_sha256: string
  operation_id: string
  /** The path parameters of the operation. */
  object: string
  expires_at: number
}

/** A link that works once; the link contains the token itself. */
interface OneTimeLinkRow {
  /** SHA-256 of the token in base64url. */
  token_sha256: string
  purpose: LinkPurpose
  user_id: string
  /** The new address of a user who changes it; else null. */
  email: string | null
  created_at: number
  expires_at: number
  used_at: number | null
}

interface OrganizationRow {
  id: string
  slug: string
  legal_name: string
  country: string
  /** State or province. */
  state: string
  status: Generated<OrganizationStatus>
  /** Why operators suspended or closed it. */
  status_reason: Generated<string | null>
  /** When its status last changed; null while it has the status that it was created with. */
  status_changed_at: Generated<number | null>
  /** The limits that operators set, as JSON; those of the configuration apply where there is none. */
  limits: Generated<string>
  /** Whether members need a session with a second factor. */
  requires_second_factor: Generated<number>
  next_certificate_number: Generated<number>
  created_at: number
}

interface MemberRow {
  id: string
  organization_id: string
  user_id: string
  role: MemberRole
  created_at: number
}

export interface InvitationRow {
  id: string
  organization_id: string
  /** In lower case, as that of a user. */
  email: string
  role: MemberRole
  /** SHA-256 of the token in base64url; only the email contains the token itself. */
  token_sha256: string
  /** The user who sent it, and the right to do so: as an admin of the organization or as an operator. */
  invited_by: string
  invited_as: 'person' | 'operator'
  inviter_email: string
  created_at: number
  expires_at: number
  /** Null while it can be accepted, or could be before it expired. */
  ended_at: number | null
  ended_as: 'accepted' | 'cancelled' | 'replaced' | 'void' | null
}

/** The erasure of a user, whose row is gone. */
export interface ErasureRow {
  user_id: string
  requested_at: number
  /** JSON of what is looked for; null once nothing is. */
  texts: string | null
  /** From 1: how often the tables have been gone through, and are now. */
  sweep: number
  /** The table that is gone through, and the last key of it. */
  step: number
  after_key: string
  /** The last row of the audit log that was looked at. */
  audit_after: number
  redacted_rows: number
  /** When it goes on. */
  due_at: number
  finished_at: number | null
}

/** An act of an operator that another one has to confirm. */
export interface ConfirmationRow {
  id: string
  status: Exclude<ConfirmationView['status'], 'expired'>
  operation_id: string
  /** JSON. */
  path_parameters: string
  /** JSON; null where the operation takes none. */
  body: string | null
  requested_by_id: string
  requested_by_name: string
  /** The address of the client. */
  requested_from: string
  requested_at: number
  expires_at: number
  decided_by_id: string | null
  decided_by_name: string | null
  decided_at: number | null
  /** JSON. */
  problem: string | null
}
