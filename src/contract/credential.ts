import { z } from 'zod'
import { ActorView } from './actor.ts'
import { ClientKeys, GivenClientKeys } from './client-key.ts'
import { EnvironmentName, OrganizationParams, PageQuery, SortOrder, Timestamp, timeRange } from './common.ts'
import { emptiness } from './field-error-codes.ts'
import { CertificateId, CredentialId, SecretId } from './ids.ts'
import { exactLine, line } from './text.ts'

export const CredentialParams = OrganizationParams.extend({ credentialId: CredentialId })

/**
 * How a `tls_client_auth` client is identified: by exactly one value of its certificate (RFC 8705, section
 * 2.1.2). Certificates that Postern issues carry a subject and one URI.
 */
export const TlsClientAuth = z
  .object({
    kind: z.enum(['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email']),
    value: exactLine(1000).refine((value) => value.length > 0, emptiness()),
  })
  .meta({ id: 'TlsClientAuth' })
export type TlsClientAuth = z.output<typeof TlsClientAuth>

/** The same in an answer, as it is stored. */
export const TlsClientAuthView = TlsClientAuth.extend({ value: z.string() }).meta({ id: 'TlsClientAuthView' })

/**
 * Returns the schema of a list that restricts. The list cannot be empty, so that clearing it by mistake does
 * not allow everything.
 */
const restriction = <Item extends z.ZodType>(item: Item, description: string) =>
  z
    .array(item)
    .max(50)
    .refine((list) => list.length > 0, emptiness('send null to lift the restriction'))
    .meta({ minItems: 1 })
    .nullable()
    .meta({ description })

const terms = {
  name: line(100).refine((name) => name.length > 0, emptiness()),
  description: line(500),
  scopes: restriction(
    z.string().max(100),
    'Scopes of the environment; null means all of them, an empty list is rejected.',
  ),
  networks: restriction(
    z.string().max(64),
    'CIDR ranges that may use it, for example `203.0.113.0/24`; null means any, an empty list is rejected.',
  ),
  certificateIds: restriction(
    CertificateId,
    'Certificates that may use it; null means any of the organization, an empty list is rejected.',
  ),
}

export const NewCredential = z
  .object({
    name: terms.name,
    description: terms.description.default(''),
    scopes: terms.scopes.default(null),
    networks: terms.networks.default(null),
    certificateIds: terms.certificateIds.default(null),
    tlsClientAuth: TlsClientAuth.nullable()
      .default(null)
      .meta({ description: 'Instead of a secret: the certificate value that authenticates the client.' }),
    jwks: GivenClientKeys.nullable().default(null).meta({
      description:
        'Instead of a secret: 1 to 5 public keys, one of which signs the assertions of the client (`private_key_jwt`): EC P-256, RSA from 2048 bits or Ed25519.',
    }),
  })
  .refine(({ tlsClientAuth, jwks }) => tlsClientAuth === null || jwks === null, {
    path: ['jwks'],
    message: 'must be null beside tlsClientAuth: a client authenticates in one way',
  })
  .meta({ id: 'NewCredential' })
export type NewCredential = z.output<typeof NewCredential>

/** A change of API credentials. Absent fields stay unchanged. */
export const CredentialChange = z
  .object({
    ...terms,
    jwks: GivenClientKeys.meta({
      description: 'The public keys in place of those that there are, for credentials that have public keys.',
    }),
  })
  .partial()
  .meta({ id: 'CredentialChange' })
export type CredentialChange = z.output<typeof CredentialChange>

export const CredentialListQuery = PageQuery.extend({
  ...timeRange,
  environment: EnvironmentName.optional(),
  name: z.string().max(100).optional().meta({ description: 'Exactly this name.' }),
  order: SortOrder.optional().meta({ description: 'By the time of creation; `desc` without it.' }),
})

export const SecretParams = CredentialParams.extend({ secretId: SecretId })

const SecretView = z.object({
  id: SecretId,
  hint: z.string().meta({ description: 'The last four characters.' }),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
})

export const CredentialView = z
  .object({
    id: CredentialId,
    name: z.string(),
    description: z.string(),
    environment: z.string(),
    clientId: z.string(),
    scopes: z.array(z.string()).nullable().meta({ description: 'Null means all of the environment.' }),
    networks: z.array(z.string()).nullable().meta({ description: 'Null means any.' }),
    certificateIds: z
      .array(CertificateId)
      .nullable()
      .meta({ description: 'Null means any of the organization.' }),
    tlsClientAuth: TlsClientAuthView.nullable(),
    jwks: ClientKeys.nullable().meta({ description: 'The public keys of `private_key_jwt`.' }),
    secrets: z.array(SecretView),
    createdAt: Timestamp,
    createdBy: ActorView,
  })
  .meta({ id: 'Credential' })
export type CredentialView = z.output<typeof CredentialView>

/** The use of API credentials, apart from the credentials, which hold still while they are used. */
export const CredentialUse = z
  .object({ credentialId: CredentialId, lastUsedAt: Timestamp.nullable() })
  .meta({ id: 'CredentialUse' })
export type CredentialUse = z.output<typeof CredentialUse>

export const CredentialWithSecret = CredentialView.extend({
  clientSecret: z
    .string()
    .nullable()
    .meta({ description: 'Shown in this answer only; null for `tls_client_auth` and `private_key_jwt`.' }),
}).meta({ id: 'CredentialWithSecret' })
export type CredentialWithSecret = z.output<typeof CredentialWithSecret>

export const SecretRotation = z
  .object({
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400)
      .meta({
        description: 'How long the secret in use stays valid beside the new one: 0 to 604800 (7 days).',
      }),
  })
  .meta({ id: 'SecretRotation' })
