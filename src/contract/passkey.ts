import { z } from 'zod'
import { Timestamp } from './common.ts'
import { PasskeyId } from './ids.ts'
import { line } from './text.ts'

/** Base64url (RFC 4648, section 5) of at most `most` characters. */
const octets = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\w-]*$/, 'must be base64url without padding')

const credentialId = octets(1400).min(1)
const extensions = z.record(z.string(), z.unknown()).optional()
const transports = z.array(z.string().max(20)).max(10).optional()
const kind = z.literal('public-key')
const attachment = z.string().max(30).nullish()

/** The members that registrations and assertions share. */
const credential = {
  id: credentialId,
  rawId: credentialId,
  type: kind,
  authenticatorAttachment: attachment,
  clientExtensionResults: extensions,
}

/** RegistrationResponseJSON of Web Authentication Level 3, section 5.1. */
export const PasskeyAttestation = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: octets(8000),
      attestationObject: octets(32_000),
      transports,
      authenticatorData: octets(16_000).optional(),
      publicKey: octets(8000).nullish(),
      publicKeyAlgorithm: z.number().int().optional(),
    }),
  })
  .meta({
    id: 'PasskeyAttestation',
    description:
      '`RegistrationResponseJSON` of Web Authentication: what `PublicKeyCredential.toJSON()` gives.',
  })
export type PasskeyAttestation = z.output<typeof PasskeyAttestation>

/** AuthenticationResponseJSON of Web Authentication Level 3, section 5.1. */
export const PasskeyAssertion = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: octets(8000),
      authenticatorData: octets(16_000),
      signature: octets(8000),
      userHandle: octets(200).nullish(),
    }),
  })
  .meta({
    id: 'PasskeyAssertion',
    description:
      '`AuthenticationResponseJSON` of Web Authentication: what `PublicKeyCredential.toJSON()` gives.',
  })
export type PasskeyAssertion = z.output<typeof PasskeyAssertion>

const descriptor = z.object({ id: z.string(), type: kind, transports: z.array(z.string()).optional() })

export const PasskeyCreationOptions = z
  .object({
    challenge: z.string(),
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ type: kind, alg: z.number().int() })),
    timeout: z.number().int(),
    attestation: z.literal('none'),
    excludeCredentials: z.array(descriptor),
    authenticatorSelection: z.object({
      residentKey: z.literal('required'),
      requireResidentKey: z.literal(true),
      userVerification: z.literal('required'),
    }),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description:
      '`PublicKeyCredentialCreationOptionsJSON`, for `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
  })
export type PasskeyCreationOptions = z.output<typeof PasskeyCreationOptions>

export const PasskeyRequestOptions = z
  .object({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.number().int(),
    userVerification: z.literal('required'),
    allowCredentials: z.array(descriptor),
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description:
      '`PublicKeyCredentialRequestOptionsJSON`, for `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
  })
export type PasskeyRequestOptions = z.output<typeof PasskeyRequestOptions>

export const PasskeyPurpose = z
  .object({
    purpose: z.enum(['sign_in', 'second_factor']).default('sign_in').meta({
      description: '`second_factor` after `signIn` has answered `second_factor_required`.',
    }),
  })
  .meta({ id: 'PasskeyPurpose' })

const passkeyName = line(80).min(1)

export const NewPasskey = z
  .object({ name: passkeyName, response: PasskeyAttestation })
  .meta({ id: 'NewPasskey' })
export const PasskeySignIn = z.object({ response: PasskeyAssertion }).meta({ id: 'PasskeySignIn' })
export const PasskeyChange = z.object({ name: passkeyName }).meta({ id: 'PasskeyChange' })
export const PasskeyParams = z.object({ passkeyId: PasskeyId })

export const PasskeyView = z
  .object({
    id: PasskeyId,
    name: z.string(),
    isSynced: z.boolean().meta({
      description: 'Whether the provider of the passkey keeps a copy of it for other devices.',
    }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Passkey' })
export type PasskeyView = z.output<typeof PasskeyView>

/** A passkey in a list: its use is apart from what an entity tag is of. */
export const PasskeyItem = PasskeyView.extend({ lastUsedAt: Timestamp.nullable() }).meta({
  id: 'PasskeyItem',
})
export type PasskeyItem = z.output<typeof PasskeyItem>
