import { z } from 'zod'
import { Timestamp } from './common.ts'
import { SessionId, UserId } from './ids.ts'
import { operatorRoles } from './roles.ts'
import { NewPassword } from './session.ts'
import { line } from './text.ts'
import { TimeZone } from './time-zone.ts'

/** What a one-time link is for: a new password, or one of the two confirmations of a new email address. */
export const linkPurposes = ['set_password', 'confirm_old_email', 'confirm_new_email'] as const
export type LinkPurpose = (typeof linkPurposes)[number]

/** RFC 5321, section 4.5.3.1: no address is longer. */
export const EmailAddress = z
  .email()
  .max(254)
  .overwrite((email) => email.toLowerCase())
  .meta({ id: 'EmailAddress', description: 'An email address; upper case becomes lower case.' })

export const PersonName = line(100)
  .min(1)
  .meta({ id: 'PersonName', description: 'The name of a user, 1 to 100 characters.' })

/** The secret part of a one-time link: 256 random bits in base64url. */
const LinkToken = z
  .string()
  .min(1)
  .max(100)
  .meta({ id: 'LinkToken', description: 'The part of a one-time link after `#token=`.' })

export const AccountView = z
  .object({
    id: UserId,
    email: z.string(),
    name: z.string(),
    operatorRole: z.enum(operatorRoles).nullable(),
    newEmail: z.string().nullable().meta({
      description:
        'The address that `requestEmailChange` has asked for, until both addresses have confirmed it.',
    }),
    timeZone: z.string().nullable().meta({
      description: 'The time zone of dates in emails to the user; null if none was chosen.',
    }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Account' })
export type AccountView = z.output<typeof AccountView>

export const AccountChange = z
  .object({ name: PersonName, timeZone: TimeZone.nullable() })
  .partial()
  .meta({ id: 'AccountChange' })
export type AccountChange = z.output<typeof AccountChange>

export const TimeZoneAnswer = z.object({ timeZone: TimeZone }).meta({ id: 'TimeZoneAnswer' })

export const LinkUse = z.object({ token: LinkToken }).meta({ id: 'LinkUse' })

export const LinkView = z
  .object({
    purpose: z.enum(linkPurposes),
    email: z.string().meta({ description: 'The present address of the user.' }),
    newEmail: z.string().nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'Link' })
export type LinkView = z.output<typeof LinkView>

export const PasswordResetRequest = z.object({ email: EmailAddress }).meta({ id: 'PasswordResetRequest' })

export const PasswordReset = z
  .object({ token: LinkToken, newPassword: NewPassword })
  .meta({ id: 'PasswordReset' })

export const EmailChangeRequest = z.object({ newEmail: EmailAddress }).meta({ id: 'EmailChangeRequest' })

export const EmailConfirmation = z
  .object({
    newEmail: z.string(),
    isChanged: z.boolean().meta({
      description: 'Whether both addresses have confirmed, so that the new one is in use.',
    }),
  })
  .meta({ id: 'EmailConfirmation' })
export type EmailConfirmation = z.output<typeof EmailConfirmation>

export const SessionSummary = z
  .object({
    id: SessionId,
    device: z.string().meta({ description: 'Browser and system, as the browser names them.' }),
    address: z.string().nullable().meta({ description: 'The address from which the user signed in.' }),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.meta({ description: 'To about a minute.' }),
    isCurrent: z.boolean().meta({ description: 'Whether it is the session of this request.' }),
  })
  .meta({ id: 'SessionSummary' })
export type SessionSummary = z.output<typeof SessionSummary>

export const SessionParams = z.object({ sessionId: SessionId })

export const OperatorView = z
  .object({
    id: UserId,
    email: z.string(),
    name: z.string(),
    role: z.enum(operatorRoles),
    hasPassword: z.boolean().meta({ description: 'False until the first link has been used.' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Operator' })
export type OperatorView = z.output<typeof OperatorView>

export const OperatorParams = z.object({ userId: UserId })
