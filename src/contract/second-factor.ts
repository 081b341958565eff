import { z } from 'zod'
import { Timestamp } from './common.ts'

/** What proves a sign-in beside the password. */
export const secondFactors = ['passkey', 'totp', 'recovery_code'] as const
export type SecondFactor = (typeof secondFactors)[number]

/** The six digits that an authenticator app shows; spaces between them are allowed. */
export const TotpCode = z
  .string()
  .overwrite((text) => text.replaceAll(/\s/g, ''))
  .min(1)
  .max(20)

/** A recovery code; case, spaces and hyphens do not matter. */
export const RecoveryCode = z
  .string()
  .overwrite((text) => text.replaceAll(/[\s-]/g, '').toLowerCase())
  .min(1)
  .max(60)

export const TotpConfirmation = z.object({ code: TotpCode }).meta({ id: 'TotpConfirmation' })

export const TotpSecret = z
  .object({
    secret: z.string().meta({ description: 'The secret in base32, to type in.' }),
    uri: z.string().meta({ description: 'The same as an `otpauth:` URI, for a QR code.' }),
  })
  .meta({ id: 'TotpSecret' })

export const RecoveryCodes = z
  .object({
    codes: z.array(z.string()).meta({ description: 'Each works once. Those made before no longer do.' }),
  })
  .meta({ id: 'RecoveryCodes' })

export const SignInMethods = z
  .object({
    totpSetUpAt: Timestamp.nullable().meta({
      description: 'When the authenticator app was set up; null if there is none.',
    }),
    passkeyCount: z.number().int(),
    recoveryCodesLeft: z.number().int().meta({ description: 'Recovery codes that have not been used.' }),
    isDemanded: z.boolean().meta({
      description: 'Whether an organization or the provider demands a second factor of the user.',
    }),
  })
  .meta({ id: 'SignInMethods' })
export type SignInMethods = z.output<typeof SignInMethods>

const policyInput = z.object({
  requiresSecondFactor: z.boolean().meta({
    description:
      'Whether members reach the organization only in sessions that began with a second factor or a passkey.',
  }),
})
export const SecurityPolicy = policyInput
  .extend({
    membersWithoutFactor: z.number().int().meta({
      description:
        'How many members have neither a passkey nor an authenticator app. If the organization demands a second factor, it stays closed to them until they add one.',
    }),
  })
  .meta({ id: 'SecurityPolicy' })
export const SecurityPolicyChange = policyInput.meta({ id: 'SecurityPolicyChange' })
export type SecurityPolicyChange = z.output<typeof SecurityPolicyChange>
export type SecurityPolicy = z.output<typeof SecurityPolicy>
