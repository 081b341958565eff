import { z } from 'zod'
import { EnvironmentName, OrganizationSlug, Timestamp } from '../common.ts'

/** What an event can be about. */
export const namedSubjectKinds = [
  'certificate',
  'credential',
  'api_key',
  'registration',
  'enforcement_policy',
  'migration',
  'organization',
  'user',
  'invitation',
  'certificate_authority',
  'bulk_revocation',
  'confirmation',
  'audit_key',
  'job',
  'store',
  'configuration',
  'sealing_keys',
  'token_signing_key',
  'webhook',
] as const
/** `other` stands for a kind that this release does not know. */
export const subjectKinds = [...namedSubjectKinds, 'other'] as const
export type SubjectKind = (typeof subjectKinds)[number]

export const EventSubject = z
  .object({
    kind: z.enum(subjectKinds).meta({ description: 'More kinds may come.' }),
    id: z.string(),
    name: z
      .string()
      .nullable()
      .meta({ description: 'What people call it; null where it has no name, or where it was deleted.' }),
  })
  .meta({ id: 'EventSubject' })
export type EventSubject = z.output<typeof EventSubject>

/** The members that every event has, besides `type` and `data`. */
export const envelope = {
  id: z.string().meta({
    description:
      'Names the event: the same id in every list and stream that shows it, and in each repetition.',
  }),
  time: Timestamp.meta({ description: 'When it happened.' }),
  organization: OrganizationSlug.nullable().meta({
    description: 'Slug of the organization that it concerns; null if it concerns none.',
  }),
  environment: EnvironmentName.nullable().meta({ description: 'Null if it concerns no single one.' }),
  subject: EventSubject,
}

/** The id of an event of a stream that is not stored: a stream cannot continue after it. */
export const noId = z.null().meta({ description: 'Null: the event is not stored.' })
