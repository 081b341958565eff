import { z } from 'zod'
import { Id, line, OrganizationParams, Timestamp } from './common.ts'

export const CredentialParams = OrganizationParams.extend({ credentialId: Id })

/**
 * How a `tls_client_auth` client is recognised: by exactly one value of its certificate
 * (RFC 8705, 2.1.2). Certificates of Postern's own authority carry a subject and one URI.
 */
export const TlsClientAuth = z
  .object({
    kind: z.enum(['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email']),
    value: line(1000).refine((value) => value.length > 0, 'must not be empty'),
  })
  .meta({ id: 'TlsClientAuth' })
export type TlsClientAuth = z.output<typeof TlsClientAuth>

const terms = {
  name: line(100).refine((name) => name.length > 0, 'must not be empty'),
  description: line(500),
  scopes: z
    .array(z.string().max(100))
    .max(50)
    .meta({ description: 'Scopes of the environment; empty means all.' }),
  networks: z
    .array(z.string().max(64))
    .max(50)
    .meta({ description: 'CIDR ranges that may use it, for example `203.0.113.0/24`; empty means any.' }),
  certificateIds: z
    .array(Id)
    .max(50)
    .meta({ description: 'Certificates that may use it; empty means any of the organization.' }),
}

export const NewCredential = z
  .object({
    name: terms.name,
    description: terms.description.default(''),
    scopes: terms.scopes.default([]),
    networks: terms.networks.default([]),
    certificateIds: terms.certificateIds.default([]),
    tlsClientAuth: TlsClientAuth.nullable()
      .default(null)
      .meta({ description: 'Instead of a secret: the certificate value that authenticates the client.' }),
  })
  .meta({ id: 'NewCredential' })
export type NewCredential = z.output<typeof NewCredential>

/** What is not named stays as it is. */
export const CredentialChange = z.object(terms).partial().meta({ id: 'CredentialChange' })
export type CredentialChange = z.output<typeof CredentialChange>

export const SecretParams = CredentialParams.extend({ secretId: Id })

const SecretView = z.object({
  id: Id,
  hint: z.string().meta({ description: 'The last four characters.' }),
  createdAt: Timestamp,
  expiresAt: Timestamp.nullable(),
})

export const CredentialView = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string(),
    environment: z.string(),
    clientId: z.string(),
    scopes: z.array(z.string()),
    networks: z.array(z.string()),
    certificateIds: z.array(Id),
    tlsClientAuth: TlsClientAuth.nullable(),
    secrets: z.array(SecretView),
    createdAt: Timestamp,
    createdBy: z.string(),
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Credential' })
export type CredentialView = z.output<typeof CredentialView>

export const CredentialWithSecret = CredentialView.extend({
  clientSecret: z
    .string()
    .nullable()
    .meta({ description: 'Shown in this answer only; null for `tls_client_auth`.' }),
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
