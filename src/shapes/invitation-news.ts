import type { MemberRole } from '../contract/roles.ts'

/** What the email about an invitation says. */
export interface InvitationNews {
  id: string
  organizationId: string
  legalName: string
  email: string
  role: MemberRole
  inviterEmail: string
  /** What its link has and the store does not: 256 random bits in base64url. */
  token: string
  /** Milliseconds since 1970. */
  expiresAt: number
}
