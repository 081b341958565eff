import { z } from 'zod'
import { certificateStatuses } from './certificate.ts'
import { Timestamp } from './common.ts'
import { CertificateId } from './ids.ts'

const count = () => z.number().int()

const ActionCertificate = z
  .object({
    id: CertificateId,
    name: z.string(),
    description: z.string(),
    status: z.enum(certificateStatuses),
    notAfter: Timestamp.nullable(),
  })
  .meta({ id: 'ActionCertificate' })
const ActionReplacement = ActionCertificate.extend({
  deniedCount: count().meta({ description: 'Its denied requests in the last 24 hours.' }),
}).meta({ id: 'ActionReplacement' })

const ofCertificate = <const Kind extends string>(kind: Kind, id: string, description?: string) =>
  z
    .object({ kind: z.literal(kind), certificate: ActionCertificate })
    .meta({ id, ...(description && { description }) })
const ofRotation = <const Kind extends string>(kind: Kind, id: string) =>
  ofCertificate(kind, id)
    .extend({ replacement: ActionReplacement.nullable() })
    .meta({ id, description: '`replacement` is null until one is created.' })

/** Something in an organization that needs action. */
export const RequiredAction = z
  .discriminatedUnion('kind', [
    z
      .object({
        kind: z.literal('requests_denied'),
        from: Timestamp,
        to: Timestamp,
        count: count(),
        unprovenCount: count().meta({
          description: 'How many of them only named the organization, without proof of identity.',
        }),
      })
      .meta({ id: 'RequestsDeniedAction' }),
    ofCertificate('contact_undeliverable', 'ContactUndeliverableAction')
      .extend({
        email: z.string().meta({ description: 'The address that the email did not reach.' }),
        count: count().meta({ description: 'How many certificates have this contact.' }),
      })
      .meta({
        id: 'ContactUndeliverableAction',
        description: 'An email about the expiry of a certificate did not reach a contact of it.',
      }),
    ofRotation('certificate_expired', 'CertificateExpiredAction'),
    ofRotation('certificate_expiring', 'CertificateExpiringAction'),
    ofCertificate('rotation_unfinished', 'RotationUnfinishedAction')
      .extend({
        replacement: ActionReplacement,
      })
      .meta({
        id: 'RotationUnfinishedAction',
        description: 'A replacement was created, and no gateway has accepted it yet.',
      }),
    ofCertificate('rotation_to_retire', 'RotationToRetireAction')
      .extend({
        overlapEndsAt: Timestamp.nullable().meta({
          description:
            'From when Postern retires it as soon as that is safe; null where the environment has no limit.',
        }),
      })
      .meta({
        id: 'RotationToRetireAction',
        description: 'A gateway has accepted its replacement: it is to be retired once nothing uses it.',
      }),
    ofCertificate('certificate_draft', 'CertificateDraftAction'),
    ofCertificate('certificate_pending', 'CertificatePendingAction'),
  ])
  .meta({ id: 'RequiredAction' })
export type RequiredAction = z.output<typeof RequiredAction>

export const RequiredActionList = z
  .object({
    items: z.array(RequiredAction),
    hasMore: z.boolean().meta({ description: 'Whether there are more of a kind than are listed.' }),
  })
  .meta({ id: 'RequiredActionList' })
export type RequiredActionList = z.output<typeof RequiredActionList>
