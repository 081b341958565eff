import { z } from 'zod'
import { Timestamp } from './common.ts'
import { memberRoles } from './roles.ts'

export const Membership = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    role: z.enum(memberRoles),
  })
  .meta({ id: 'Membership' })
export type Membership = z.output<typeof Membership>

export const SessionView = z
  .object({
    email: z.string(),
    name: z.string(),
    operator: z.boolean(),
    mustChangePassword: z
      .boolean()
      .meta({ description: 'Until then only `changePassword` and `signOut` answer.' }),
    organizations: z.array(Membership),
  })
  .meta({ id: 'Session' })
export type SessionView = z.output<typeof SessionView>

export const SignIn = z
  .object({ email: z.string().min(3).max(254), password: z.string().min(1).max(200) })
  .meta({ id: 'SignIn' })

export const PasswordChange = z
  .object({
    currentPassword: z.string().min(1).max(200),
    newPassword: z.string().min(12).max(200).meta({ description: 'At least 12 characters.' }),
  })
  .meta({ id: 'PasswordChange' })

export const OrganizationView = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    certificateCount: z.number().int(),
    credentialCount: z.number().int(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Organization' })
export type OrganizationView = z.output<typeof OrganizationView>
