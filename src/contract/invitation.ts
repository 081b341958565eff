import { z } from 'zod'
import { ActorView } from './actor.ts'
import { OrganizationParams, OrganizationSlug, Timestamp } from './common.ts'
import { InvitationId } from './ids.ts'
import { memberRoles } from './roles.ts'
import { line } from './text.ts'

/** How long an invitation can be accepted, days. */
export const invitationDays = 7
/** How many invitations of an organization may be open. */
export const maxOpenInvitations = 100

/** `void`: the user who sent it may no longer invite. `replaced`: another one was sent to the same address. */
const invitationStatuses = ['open', 'expired', 'void', 'accepted', 'cancelled', 'replaced'] as const

export const InvitationParams = OrganizationParams.extend({ invitationId: InvitationId })

export const InvitationView = z
  .object({
    id: InvitationId,
    email: z.string(),
    role: z.enum(memberRoles),
    status: z.enum(invitationStatuses).meta({
      description:
        'Only an `open` one can be accepted. `void`: the user who sent it may no longer invite. `replaced`: another one was sent to the same address.',
    }),
    invitedBy: ActorView,
    createdAt: Timestamp,
    expiresAt: Timestamp,
  })
  .meta({ id: 'Invitation' })
export type InvitationView = z.output<typeof InvitationView>

export const NewInvitation = z
  .object({ email: z.email().max(254), role: z.enum(memberRoles) })
  .meta({ id: 'NewInvitation' })

/** The token of a link: 256 bits in base64url. */
const token = z
  .string()
  .max(200)
  .meta({ description: 'The part of the link in the email that follows `#token=`.' })

export const InvitationToken = z.object({ token }).meta({ id: 'InvitationToken' })

export const InvitationPreview = z
  .object({
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    email: z.string(),
    role: z.enum(memberRoles),
    invitedBy: z.string().meta({ description: 'The email address of the user who sent the invitation.' }),
    expiresAt: Timestamp,
    hasAccount: z.boolean().meta({
      description: 'Whether a user with this address exists, who has to sign in to accept.',
    }),
  })
  .meta({ id: 'InvitationPreview' })
export type InvitationPreview = z.output<typeof InvitationPreview>

export const InvitationAcceptance = z
  .object({
    token,
    name: line(100).min(1).optional().meta({ description: 'For a new user: the full name.' }),
    password: z
      .string()
      .min(12)
      .max(200)
      .optional()
      .meta({ description: 'For a new user: at least 12 characters.' }),
  })
  .meta({ id: 'InvitationAcceptance' })
export type InvitationAcceptance = z.output<typeof InvitationAcceptance>
