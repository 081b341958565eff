import { z } from 'zod'
import { EmailAddress } from './account.ts'
import { PageQuery, Timestamp } from './common.ts'
import { UserId } from './ids.ts'
import { operatorRoles } from './roles.ts'

export const UserParams = z.object({ userId: UserId })

export const UserQuery = PageQuery.extend({
  email: EmailAddress.optional().meta({ description: 'Only the user with this address.' }),
})

export const UserView = z
  .object({
    id: UserId,
    email: z.string(),
    name: z.string(),
    operatorRole: z.enum(operatorRoles).nullable(),
    organizations: z
      .array(z.string())
      .meta({ description: 'The slugs of the organizations of which the user is a member, at most 20.' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'User' })
export type UserView = z.output<typeof UserView>

/** The parts of what is kept about a person, in the order of the export. */
export const personalDataKinds = [
  'account',
  'membership',
  'scim_user',
  'session',
  'one_time_link',
  'passkey',
  'totp',
  'recovery_codes',
  'api_key',
  'invitation_received',
  'invitation_sent',
  'confirmation',
  'email',
  'audit_entry_by',
  'audit_entry_about',
] as const
export type PersonalDataKind = (typeof personalDataKinds)[number]

/** One record that is kept about a person. */
export const PersonalRecord = z
  .object({
    kind: z.enum(personalDataKinds),
    data: z.record(z.string(), z.unknown()).meta({ description: 'Its members depend on the kind.' }),
  })
  .meta({ id: 'PersonalRecord' })
export type PersonalRecord = z.output<typeof PersonalRecord>

export const ErasureView = z
  .object({
    userId: UserId,
    status: z.enum(['running', 'finished']).meta({
      description:
        'The account, the rights and the secrets are gone from the beginning; `running` while what names the user elsewhere is replaced.',
    }),
    requestedAt: Timestamp,
    finishedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Erasure' })
export type ErasureView = z.output<typeof ErasureView>
