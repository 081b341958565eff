import { z } from 'zod'
import { organizationStatuses } from './organization.ts'
import { memberRoles, operatorRoles } from './roles.ts'

export const Membership = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    status: z.enum(organizationStatuses),
    role: z.enum(memberRoles),
  })
  .meta({ id: 'Membership' })
export type Membership = z.output<typeof Membership>

export const SessionView = z
  .object({
    email: z.string(),
    name: z.string(),
    operatorRole: z.enum(operatorRoles).nullable().meta({
      description:
        'The role of who works for the provider: an `operator`, or an `auditor`, who reads everything and changes nothing. Null for everybody else.',
    }),
    mustChangePassword: z
      .boolean()
      .meta({ description: 'Until then only `changePassword` and `signOut` answer.' }),
    organizations: z.array(Membership),
    organizationWord: z
      .object({ singular: z.string(), plural: z.string() })
      .meta({ description: 'What the page calls an organization.' }),
  })
  .meta({ id: 'Session' })
export type SessionView = z.output<typeof SessionView>

export const SignIn = z
  .object({ email: z.string().min(3).max(254), password: z.string().min(1).max(200) })
  .meta({ id: 'SignIn' })

export const NewPassword = z.string().min(12).max(200).meta({
  description: '12 to 200 characters. Passwords that are easy to guess are rejected.',
})

export const PasswordChange = z
  .object({
    currentPassword: z.string().min(1).max(200),
    newPassword: NewPassword,
  })
  .meta({ id: 'PasswordChange' })
