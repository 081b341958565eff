import { z } from 'zod'
import { ActorView } from './actor.ts'
import { apiKeyScopes } from './api-key-scopes.ts'
import { OrganizationParams, OrganizationSlug, Timestamp } from './common.ts'
import { emptiness } from './field-error-codes.ts'
import { ApiKeyId } from './ids.ts'
import { memberRoles, operatorRoles } from './roles.ts'
import { line } from './text.ts'

/** The form of every API key: what secret scanners look for. The last six characters are a checksum. */
export const apiKeyPattern = /^pst_[0-9A-Za-z]{49}$/

/** The roles that the key of a user can have: in organizations, or of the platform. */
export const ownApiKeyRoles = [...memberRoles, ...operatorRoles] as const

/** The role of a key that provisions users over SCIM and can do nothing else; no user has it, and no other key may do SCIM. */
export const provisionerRole = 'provisioner'
/** The roles that the key of an organization can have. */
const organizationKeyRoles = [...memberRoles, provisionerRole] as const
const apiKeyRoles = [...ownApiKeyRoles, provisionerRole] as const
export type ApiKeyRole = (typeof apiKeyRoles)[number]

export const ApiKeyParams = OrganizationParams.extend({ apiKeyId: ApiKeyId })
export const OwnApiKeyParams = z.object({ apiKeyId: ApiKeyId })

const ApiKeyScope = z
  .enum(apiKeyScopes)
  .meta({ id: 'ApiKeyScope', description: 'A resource, and what is done with it.' })

const restriction = <Item extends z.ZodType>(item: Item, most: number, description: string) =>
  z
    .array(item)
    .max(most)
    .refine((list) => list.length > 0, emptiness('send null to lift the restriction'))
    .meta({ minItems: 1 })
    .nullable()
    .default(null)
    .meta({ description })

const expiresInDays = z
  .number()
  .int()
  .min(1)
  .max(365)
  .default(90)
  .meta({ description: 'Days from now until the key expires: 1 to 365, and 90 if left out.' })

const terms = {
  // Users are named by their email address, and a key must not look like one.
  name: line(100)
    .refine((name) => name.length > 0, emptiness())
    .refine((name) => !name.includes('@'), 'must not contain @, which is for email addresses')
    .meta({ description: 'What uses the key, for example `Terraform`. Audit log and history show it.' }),
  scopes: restriction(
    ApiKeyScope,
    50,
    'What the key may do; null means all that its role may, an empty list is rejected.',
  ),
  networks: restriction(
    z.string().max(64),
    50,
    'CIDR ranges that may use the key, for example `203.0.113.0/24`; null means any, an empty list is rejected.',
  ),
  expiresInDays,
}

export const NewApiKey = z
  .object({
    ...terms,
    role: z.enum(organizationKeyRoles).meta({
      description:
        'What the key may do in the organization. A `provisioner` provisions users over SCIM, and can do nothing else.',
    }),
  })
  .refine(({ role, scopes }) => scopes === null || role !== provisionerRole, {
    path: ['scopes'],
    message: 'must be null for the role provisioner',
  })
  .meta({ id: 'NewApiKey' })
export type NewApiKey = z.output<typeof NewApiKey>

const isOperatorRole = (role: ApiKeyRole): boolean => (operatorRoles as readonly string[]).includes(role)

export const NewOwnApiKey = z
  .object({
    ...terms,
    role: z.enum(ownApiKeyRoles).meta({
      description:
        'The most that the key may do: whenever it is used, the lower of this role and your own counts. `operator` and `auditor` are for users who have such a role.',
    }),
    organization: OrganizationSlug.nullable()
      .default(null)
      .meta({ description: 'The only organization in which the key works; null means all of yours.' }),
  })
  .refine(({ role, organization }) => organization === null || !isOperatorRole(role), {
    path: ['organization'],
    message: 'must be null for a platform role',
  })
  .meta({ id: 'NewOwnApiKey' })
export type NewOwnApiKey = z.output<typeof NewOwnApiKey>

export const ApiKeyRotation = z
  .object({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .meta({
        description:
          'How long the secret in use stays valid beside the new one: 0 to 604800 (7 days). With 0 every other secret stops working.',
      }),
    expiresInDays,
  })
  .meta({ id: 'ApiKeyRotation' })
export type ApiKeyRotation = z.output<typeof ApiKeyRotation>

const ApiKeySecretView = z.object({
  prefix: z.string().meta({ description: 'The first characters, by which to recognize the secret.' }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})

export const ApiKeyView = z
  .object({
    id: ApiKeyId,
    name: z.string(),
    role: z.enum(apiKeyRoles),
    organization: z.string().nullable().meta({
      description: 'The organization in which the key works; null for all organizations of its user.',
    }),
    scopes: z.array(z.string()).nullable().meta({ description: 'Null means all that the role may do.' }),
    networks: z.array(z.string()).nullable().meta({ description: 'Null means any.' }),
    secrets: z
      .array(ApiKeySecretView)
      .meta({ description: 'Newest first: one, or two while the key is rotated.' }),
    expiresAt: Timestamp,
    createdAt: Timestamp,
    createdBy: ActorView,
  })
  .meta({ id: 'ApiKey' })
export type ApiKeyView = z.output<typeof ApiKeyView>

/** A key as lists show it: its use changes with every minute, the key itself holds still. */
export const UsedApiKey = ApiKeyView.extend({
  lastUsedAt: Timestamp.nullable().meta({ description: 'Up to a minute late.' }),
}).meta({ id: 'UsedApiKey' })
export type UsedApiKey = z.output<typeof UsedApiKey>

export const ApiKeyWithSecret = ApiKeyView.extend({
  secret: z.string().meta({ description: 'Shown in this answer only. Send it as `Authorization: Bearer`.' }),
}).meta({ id: 'ApiKeyWithSecret' })
export type ApiKeyWithSecret = z.output<typeof ApiKeyWithSecret>
