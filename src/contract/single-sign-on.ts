import { z } from 'zod'
import { OrganizationParams, OrganizationSlug, Timestamp } from './common.ts'
import { memberRoles } from './roles.ts'
import { exactLine } from './text.ts'

const maxDomains = 20

/** A DNS name of an email address, in lower case and as DNS has it (RFC 1123, RFC 5891). */
export const EmailDomain = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/,
    'must be a domain such as acme.example; write an international name in its xn-- form',
  )
  .meta({
    id: 'EmailDomain',
    description: 'The part of email addresses after the @.',
    example: 'acme.example',
  })

const IssuerUrl = z
  .url({ protocol: /^https?$/, error: 'must be the URL of the issuer, such as https://login.acme.example' })
  .max(500)
  .refine((text) => !/[?#@]/.test(text), 'must have no query, no fragment and no user')
  .meta({
    description:
      'The issuer of the OpenID provider, exactly as its discovery document has it (OpenID Connect Discovery 1.0). It has to be https.',
    example: 'https://login.acme.example',
  })

const Role = z.enum(memberRoles)

/** The role that one value of the role claim gives. */
const NewClaimRole = z.object({ value: exactLine(200).min(1), role: Role }).meta({ id: 'NewClaimRole' })
const ClaimRole = z.object({ value: z.string(), role: Role }).meta({ id: 'ClaimRole' })
export type ClaimRole = z.output<typeof ClaimRole>

const shared = {
  issuer: IssuerUrl,
  clientId: exactLine(300).min(1).meta({ description: 'The client ID of Postern at the provider.' }),
  roleClaim: exactLine(200).min(1).nullable().meta({
    description:
      'The claim with the groups or roles of a user; null to leave the roles of members as they are.',
  }),
  roles: z.array(NewClaimRole).max(50).meta({
    description: 'Which role a value of the claim gives. If several match, the strongest is given.',
  }),
  defaultRole: Role.nullable().meta({
    description: 'The role without a matching value of the claim, and of new users; null for no access.',
  }),
  required: z.boolean().meta({
    description:
      'Whether members with an address of a proven domain may sign in through the provider only. `passwordAdmins` are excepted.',
  }),
  passwordAdmins: z.array(z.string().min(3).max(254).toLowerCase()).max(10).meta({
    description:
      'Addresses of admins who can always sign in with their password, in case the provider fails. At least one if `required`.',
  }),
  secondFactorValues: z.array(exactLine(200).min(1)).max(10).meta({
    description:
      'A sign-in counts as one with a second factor, for this organization alone, if `amr` or `acr` of the ID token has one of these values, such as `mfa` (RFC 8176). None: it never does.',
  }),
}

/** The single sign-on of an organization, as its admins set it. */
export const NewSingleSignOn = z
  .object({
    ...shared,
    roleClaim: shared.roleClaim.default(null),
    roles: shared.roles.default([]),
    defaultRole: shared.defaultRole.default(null),
    required: shared.required.default(false),
    passwordAdmins: shared.passwordAdmins.default([]),
    secondFactorValues: shared.secondFactorValues.default([]),
    clientSecret: z.string().min(1).max(500).optional().meta({
      description:
        'The client secret of Postern at the provider. It is stored encrypted and never shown. Leave it out to keep the present one; a change of issuer or client ID needs it again.',
    }),
    domains: z.array(EmailDomain).min(1).max(maxDomains).meta({
      description: 'The domains of the addresses. A domain that stays keeps its proof.',
    }),
  })
  .meta({ id: 'NewSingleSignOn' })
export type NewSingleSignOn = z.output<typeof NewSingleSignOn>

export const SingleSignOnDomain = z
  .object({
    domain: z.string(),
    recordName: z.string().meta({ description: 'The name of the TXT record that proves the domain.' }),
    recordValue: z.string().meta({ description: 'The value of the TXT record.' }),
    provenAt: Timestamp.nullable().meta({ description: 'Null until the record was found.' }),
  })
  .meta({ id: 'SingleSignOnDomain' })
export type SingleSignOnDomain = z.output<typeof SingleSignOnDomain>

const SingleSignOnSettings = z
  .object({
    ...shared,
    issuer: z.string(),
    clientId: z.string(),
    roleClaim: z.string().nullable(),
    roles: z.array(ClaimRole),
    passwordAdmins: z.array(z.string()),
    secondFactorValues: z.array(z.string()),
    domains: z.array(SingleSignOnDomain),
    updatedAt: Timestamp,
  })
  .meta({ id: 'SingleSignOnSettings' })

export const SingleSignOnView = z
  .object({
    redirectUri: z.string().meta({ description: 'The redirect URI to register at the provider.' }),
    settings: SingleSignOnSettings.nullable().meta({
      description: 'Null for an organization without single sign-on.',
    }),
  })
  .meta({ id: 'SingleSignOn' })
export type SingleSignOnView = z.output<typeof SingleSignOnView>

export const SingleSignOnDomainParams = OrganizationParams.extend({ domain: EmailDomain })

export const SignInMethodQuery = z.object({ domain: EmailDomain.optional() })

export const SignInMethod = z
  .object({
    singleSignOn: z.boolean().meta({ description: 'Whether the domain has single sign-on.' }),
    required: z.boolean().meta({ description: 'Whether most users of the domain have no other way.' }),
  })
  .meta({ id: 'SignInMethod' })

export const SingleSignOnStart = z
  .object({
    email: z.string().min(3).max(254).meta({
      description: 'Only the domain is looked up. The provider gets the address as `login_hint`.',
    }),
  })
  .meta({ id: 'SingleSignOnStart' })

export const SingleSignOnRedirect = z
  .object({ authorizationUrl: z.string().meta({ description: 'Open it in the browser.' }) })
  .meta({ id: 'SingleSignOnRedirect' })

export const SingleSignOnResponse = z
  .object({
    organization: OrganizationSlug,
    response: z.string().min(1).max(8000).meta({
      description: 'The query of the redirect URI as the provider called it (RFC 6749, section 4.1.2).',
    }),
  })
  .meta({ id: 'SingleSignOnResponse' })

/** The path of the page that a provider sends users back to. */
export const callbackPath = (organization: string): string => `/sso/callback/${organization}`
