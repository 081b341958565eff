import { z } from 'zod'
import { ActorView } from './actor.ts'
import { EnvironmentName, OrganizationParams, PageQuery, severalOf, Timestamp } from './common.ts'
import { keyKindNames } from './enum-names.ts'
import { CertificateId, CredentialId, SignalId } from './ids.ts'

/** What may be forgotten. */
export const signalKinds = [
  'certificate_unused',
  'replacement_unused',
  'revoked_certificate_used',
  'new_address',
  'key_kind_ends',
  'secret_old',
] as const
export type SignalKind = (typeof signalKinds)[number]

export const signalStates = ['open', 'dismissed'] as const

export const SignalParams = OrganizationParams.extend({ signalId: SignalId })

export const SignalListQuery = PageQuery.extend({
  kind: severalOf(z.enum(signalKinds)),
  state: z.enum(signalStates).default('open').meta({
    description: '`dismissed` ones are listed also after they ended.',
  }),
})

const SignalCertificate = z
  .object({ id: CertificateId, name: z.string(), description: z.string() })
  .meta({ id: 'SignalCertificate' })
const SignalCredential = z
  .object({ id: CredentialId, name: z.string(), clientId: z.string() })
  .meta({ id: 'SignalCredential' })

const shared = {
  id: SignalId,
  environment: EnvironmentName,
  firstSeenAt: Timestamp.meta({ description: 'When it was found last.' }),
  lastSeenAt: Timestamp,
  resolvedAt: Timestamp.nullable().meta({ description: 'When it had ended; null while it holds.' }),
  dismissedAt: Timestamp.nullable(),
  dismissedBy: ActorView.nullable(),
}

const ofCertificate = <const Kind extends SignalKind>(kind: Kind) =>
  z.object({ ...shared, kind: z.literal(kind), certificate: SignalCertificate })

/** How many days it takes, as the environment is configured now. */
const AfterDays = z.int().nullable().meta({
  description:
    'After how many days the provider lets this be told, as it is configured now. Null for an environment that is no longer configured.',
})

/** Something in an organization that may be forgotten. */
export const SignalView = z
  .discriminatedUnion('kind', [
    ofCertificate('certificate_unused')
      .extend({ lastUsedAt: Timestamp.nullable(), afterDays: AfterDays })
      .meta({ id: 'CertificateUnusedSignal' }),
    ofCertificate('replacement_unused')
      .extend({ replaces: SignalCertificate, issuedAt: Timestamp, afterDays: AfterDays })
      .meta({ id: 'ReplacementUnusedSignal' }),
    ofCertificate('revoked_certificate_used')
      .extend({ revokedAt: Timestamp, lastDeniedAt: Timestamp })
      .meta({ id: 'RevokedCertificateUsedSignal' }),
    ofCertificate('new_address')
      .extend({ network: z.string().meta({ example: '203.0.113.0/24' }) })
      .meta({ id: 'NewAddressSignal' }),
    ofCertificate('key_kind_ends')
      .extend({
        keyKind: z.enum(keyKindNames.names),
        acceptedUntil: z.string().nullable().meta({
          description: 'The last day (UTC) on which a CSR may have such a key, such as `2027-06-30`.',
        }),
      })
      .meta({ id: 'KeyKindEndsSignal' }),
    z
      .object({
        ...shared,
        kind: z.literal('secret_old'),
        credential: SignalCredential,
        secretCreatedAt: Timestamp,
        afterDays: AfterDays,
      })
      .meta({ id: 'SecretOldSignal' }),
  ])
  .meta({ id: 'Signal' })
export type SignalView = z.output<typeof SignalView>

export const AddressMonitoring = z
  .object({
    enabled: z.boolean(),
    since: Timestamp.nullable().meta({ description: 'Null while it is off.' }),
  })
  .meta({ id: 'AddressMonitoring' })
export type AddressMonitoring = z.output<typeof AddressMonitoring>

export const AddressMonitoringChange = z
  .object({ enabled: z.boolean() })
  .meta({ id: 'AddressMonitoringChange' })
