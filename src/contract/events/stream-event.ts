import { z } from 'zod'
import { ActivityView } from '../activity.ts'
import { Timestamp } from '../common.ts'
import { envelope, noId } from './envelope.ts'

/** The types of the events that a gateway observes: what it saw, and whether it allowed it. */
export const activityTypes = {
  'connection.allowed': 'A client opened a TLS connection.',
  'connection.denied': 'A TLS connection was denied.',
  'token.allowed': 'A client got an access token.',
  'token.denied': 'A token request was denied.',
  'call.allowed': 'A call was allowed.',
  'call.denied': 'A call was denied.',
} as const
export type ActivityType = keyof typeof activityTypes

/** One event of a gateway; `data` is the item of the lists of activity. */
const ActivityEvent = z
  .object({
    ...envelope,
    type: z.enum(Object.keys(activityTypes) as [ActivityType, ...ActivityType[]]),
    data: ActivityView,
  })
  .meta({ id: 'ActivityEvent' })
export type ActivityEvent = z.output<typeof ActivityEvent>

/** The first event of a stream: everything after it is sent. */
const StreamOpenedEvent = z
  .object({ ...envelope, id: noId, type: z.literal('stream.opened'), data: z.object({}) })
  .meta({ id: 'StreamOpenedEvent' })

/** The status of a certificate, and its last use and denial: sent when a stream opens, and when they change. */
const CertificateStateEvent = z
  .object({
    ...envelope,
    id: noId,
    type: z.literal('certificate.state_changed'),
    data: z.object({
      status: z.string(),
      lastUsedAt: Timestamp.nullable(),
      lastDeniedAt: Timestamp.nullable(),
    }),
  })
  .meta({ id: 'CertificateStateEvent' })

/** A message of the stream of a certificate. */
export const StreamEvent = z
  .discriminatedUnion('type', [StreamOpenedEvent, CertificateStateEvent, ActivityEvent])
  .meta({ id: 'StreamEvent' })
export type StreamEvent = z.output<typeof StreamEvent>

/** Something of the organization in the environment has changed: a client reads again what it shows. */
const OrganizationChangedEvent = z
  .object({
    ...envelope,
    id: noId,
    type: z.literal('organization.changed'),
    data: z.object({
      activity: z.boolean().meta({ description: 'Whether a gateway has recorded activity.' }),
      resources: z.boolean().meta({
        description: 'Whether certificates, credentials, registrations or policies have changed.',
      }),
    }),
  })
  .meta({ id: 'OrganizationChangedEvent' })

/** A message of the stream of an organization. */
export const OrganizationStreamEvent = z
  .discriminatedUnion('type', [StreamOpenedEvent, OrganizationChangedEvent])
  .meta({ id: 'OrganizationStreamEvent' })
export type OrganizationStreamEvent = z.output<typeof OrganizationStreamEvent>

/** The names under which the stream of an organization sends its events. */
export const organizationStreamEventTypes = ['stream.opened', 'organization.changed']

/** The names under which a stream sends its events. */
export const streamEventTypes = ['stream.opened', 'certificate.state_changed', ...Object.keys(activityTypes)]
