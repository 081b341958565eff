import { z } from 'zod'
import { OrganizationSlug, PageQuery, severalOf, Timestamp, timeRange } from './common.ts'
import { ChangeEvent, changeTypeNames } from './events/change-event.ts'
import { namedSubjectKinds } from './events/envelope.ts'

/** One row of the audit log: the change, its number and its hash. */
export const AuditEntryView = z
  .intersection(
    ChangeEvent,
    z.object({
      sequence: z.number().int().meta({ description: 'Consecutive from 1, without gaps.' }),
      hash: z.string().meta({ description: 'SHA-256 that binds the row to all before it, hex.' }),
    }),
  )
  .meta({ id: 'AuditEntry' })
export type AuditEntryView = z.output<typeof AuditEntryView>

export const AuditQuery = PageQuery.extend({
  ...timeRange,
  organization: OrganizationSlug.optional(),
  type: severalOf(z.enum(changeTypeNames)),
  subjectKind: z.enum(namedSubjectKinds).optional().meta({ description: 'Together with `subjectId`.' }),
  subjectId: z.string().max(100).optional().meta({ description: '`subject.id` of entries.' }),
  actor: z.string().max(254).optional().meta({
    description: 'An email address, the ID of an actor, or the name of a task.',
  }),
})

const CheckpointView = z
  .object({
    sequence: z.number().int(),
    hash: z.string(),
    at: Timestamp,
    keyId: z.string(),
    statement: z.string().meta({ description: 'The text that is signed, to the last line feed.' }),
    signature: z.string().meta({ description: 'ECDSA with SHA-256, DER in base64.' }),
    publicKey: z.string().meta({ description: 'SubjectPublicKeyInfo in PEM.' }),
  })
  .meta({ id: 'AuditCheckpoint' })

/** Whether the audit log is intact. */
export const AuditStateView = z
  .object({
    verifiedAt: Timestamp.nullable().meta({ description: 'Null until the first verification has ended.' }),
    verifiedRows: z.number().int(),
    problem: z
      .object({ sequence: z.number().int(), sentence: z.string() })
      .nullable()
      .meta({ description: 'The first row that is not as it was written.' }),
    checkpoint: CheckpointView.nullable().meta({ description: 'The newest; keep it elsewhere.' }),
  })
  .meta({ id: 'AuditState' })
export type AuditStateView = z.output<typeof AuditStateView>
