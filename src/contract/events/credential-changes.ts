import { z } from 'zod'
import { ClientKeys } from '../client-key.ts'
import { TlsClientAuthView } from '../credential.ts'
import { defineChanges, nothing, text, textOrNull, texts } from './change-type.ts'

const Restriction = texts.nullable()
const Terms = z
  .object({
    name: text,
    description: text,
    scopes: Restriction,
    networks: Restriction,
    certificateIds: Restriction,
    jwks: ClientKeys.nullable(),
  })
  .partial()
const Policy = z.object({ mode: text, enforceAt: textOrNull, postponedSince: textOrNull })
const Migration = z.object({
  deadline: textOrNull,
  endsAt: textOrNull,
  postponedSince: textOrNull,
  exceptionUntil: textOrNull,
  acceptedDenied: z.number().nullable(),
})
const policyNames = { heldSince: 'postponedSince' }

/** The changes of API credentials, and of whether an organization needs certificates. */
export const credentialChanges = defineChanges({
  'credential.created': {
    description: 'API credentials were created.',
    recordedAs: 'credential.created',
    before: nothing,
    after: z.object({
      environment: text,
      name: text,
      description: text,
      clientId: text,
      scopes: Restriction,
      networks: Restriction,
      certificateIds: Restriction,
      tlsClientAuth: TlsClientAuthView.nullable(),
      jwks: ClientKeys.nullable().optional(),
    }),
  },
  'credential.updated': {
    description: 'Name, description, restrictions or public keys changed; both sides have the changed ones.',
    recordedAs: 'credential.updated',
    before: Terms,
    after: Terms,
  },
  'credential.secret_added': {
    description: 'A client secret was added; the one in use stays valid for the overlap period.',
    recordedAs: 'credential.secret_rotated',
    before: nothing,
    after: z.object({ hint: text, othersEndAt: text }),
  },
  'credential.secret_revoked': {
    description: 'One of two client secrets was revoked.',
    recordedAs: 'credential.secret_ended',
    before: z.object({ hint: text }),
    after: nothing,
  },
  'credential.deleted': {
    description: 'API credentials were deleted, and their tokens revoked.',
    recordedAs: 'credential.deleted',
    before: nothing,
    after: nothing,
  },
  'enforcement_policy.changed': {
    description: 'An operator decided whether clients of the organization need a certificate.',
    recordedAs: 'enforcement.decided',
    before: Policy.nullable(),
    after: Policy,
    renamed: policyNames,
    byOperators: true,
  },
  'enforcement_policy.enforced': {
    description: 'The planned date has come: clients need a certificate from now on.',
    recordedAs: 'enforcement.began',
    before: Policy.nullable(),
    after: Policy,
    renamed: policyNames,
  },
  'enforcement_policy.postponed': {
    description: 'The planned date has come, but calls would be denied: enforcement is postponed.',
    recordedAs: 'enforcement.held',
    before: Policy.nullable(),
    after: Policy,
    renamed: policyNames,
  },
  'migration.changed': {
    description: 'An operator decided when certificates from other CAs of the organization end.',
    recordedAs: 'migration.decided',
    before: Migration.nullable(),
    after: Migration,
    byOperators: true,
  },
  'migration.confirmed': {
    description: 'No call would be denied: gateways end certificates from other CAs at the deadline.',
    recordedAs: 'migration.confirmed',
    before: Migration.nullable(),
    after: Migration,
  },
  'migration.postponed': {
    description: 'Calls would be denied: certificates from other CAs are accepted beyond the deadline.',
    recordedAs: 'migration.postponed',
    before: Migration.nullable(),
    after: Migration,
  },
  'migration.ended': {
    description: 'Certificates from other CAs of the organization are no longer accepted.',
    recordedAs: 'migration.ended',
    before: Migration.nullable(),
    after: Migration,
  },
})
