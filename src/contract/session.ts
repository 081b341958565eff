import { z } from 'zod'
import { organizationStatuses } from './organization.ts'
import { PasskeyAssertion } from './passkey.ts'
import { memberRoles, operatorRoles } from './roles.ts'
import { RecoveryCode, TotpCode } from './second-factor.ts'

export const Membership = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    status: z.enum(organizationStatuses),
    role: z.enum(memberRoles),
    requiresSecondFactor: z.boolean().meta({
      description: 'Whether the organization answers only sessions that began with a second factor.',
    }),
    needsOtherSignIn: z.boolean().meta({
      description:
        'Whether the provider of another organization began the session, which does not open this one: its operations answer `other_sign_in_needed`.',
    }),
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
    hasSecondFactor: z
      .boolean()
      .meta({ description: 'Whether the session began with a second factor or a passkey.' }),
    isByProvider: z.boolean().meta({
      description:
        'Whether the OpenID provider of an organization began the session, which opens this organization alone.',
    }),
    isAskedTimeZone: z.boolean().meta({
      description:
        'Whether the user has never answered which time zone dates in emails have; `answerTimeZone` does.',
    }),
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
export const SecondStep = z
  .discriminatedUnion('factor', [
    z.object({ factor: z.literal('totp'), code: TotpCode }).meta({ id: 'TotpStep' }),
    z.object({ factor: z.literal('recovery_code'), code: RecoveryCode }).meta({ id: 'RecoveryCodeStep' }),
    z.object({ factor: z.literal('passkey'), response: PasskeyAssertion }).meta({ id: 'PasskeyStep' }),
  ])
  .meta({ id: 'SecondStep' })
export type SecondStep = z.output<typeof SecondStep>

export const PasswordChange = z
  .object({
    currentPassword: z.string().min(1).max(200),
    newPassword: NewPassword,
  })
  .meta({ id: 'PasswordChange' })
