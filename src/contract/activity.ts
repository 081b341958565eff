import { z } from 'zod'
import { Id, Timestamp } from './common.ts'
import { errorCodes } from './error-codes.ts'

/** What the gateway saw: a TLS connection, a token request, or a call. */
export const activityKinds = ['connection', 'token', 'call'] as const
export type ActivityKind = (typeof activityKinds)[number]

export const ActivityView = z
  .object({
    id: z.string(),
    at: Timestamp,
    kind: z.enum(activityKinds),
    outcome: z.enum(['ok', 'refused']),
    code: z.enum(errorCodes).nullable().meta({ description: 'Why it was refused.' }),
    wouldBeCode: z.enum(errorCodes).nullable().meta({
      description: 'Why it would have been refused, if a certificate were required of the organization.',
    }),
    explanation: z.string().nullable().meta({ description: 'What happened and what to do.' }),
    environment: z.string(),
    certificate: z.object({ id: Id, name: z.string() }).nullable(),
    clientId: z.string().nullable(),
    method: z.string().nullable(),
    path: z.string().nullable(),
    status: z.number().int().nullable(),
    tlsVersion: z.string().nullable(),
    cipher: z.string().nullable(),
    resumed: z.boolean(),
    clientAddress: z.string(),
    serverName: z.string().nullable().meta({ description: 'SNI' }),
    presented: z
      .object({
        subject: z.string(),
        issuer: z.string(),
        serialNumber: z.string(),
        fingerprintSha256: z.string(),
      })
      .nullable(),
    traceId: z.string(),
  })
  .meta({ id: 'Activity' })
export type ActivityView = z.output<typeof ActivityView>

/** What the stream of a certificate sends: `ready` once, then a message per thing seen. */
export const StreamMessage = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('ready') }),
    z.object({ event: z.literal('activity'), activity: ActivityView }),
    z.object({ event: z.literal('certificate'), status: z.string(), lastUsedAt: Timestamp.nullable() }),
  ])
  .meta({ id: 'StreamMessage' })
export type StreamMessage = z.output<typeof StreamMessage>
