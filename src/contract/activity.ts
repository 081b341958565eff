import { z } from 'zod'
import { Timestamp } from './common.ts'
import { outcomeNames } from './enum-names.ts'
import { ActivityId, CertificateId } from './ids.ts'
import { DenialCode } from './open-code.ts'

/** The kinds of events that a gateway observes: a TLS connection, a token request, or a call. */
export const activityKinds = ['connection', 'token', 'call'] as const
export type ActivityKind = (typeof activityKinds)[number]

export const ActivityView = z
  .object({
    id: ActivityId,
    at: Timestamp,
    kind: z.enum(activityKinds),
    outcome: z.enum(outcomeNames.names),
    code: DenialCode.nullable().meta({ description: 'Why it was refused.' }),
    wouldBeCode: DenialCode.nullable().meta({
      description: 'Why it would have been refused, if a certificate were required of the organization.',
    }),
    explanation: z.string().nullable().meta({ description: 'What happened and what to do.' }),
    environment: z.string(),
    proven: z.boolean().meta({
      description:
        'Whether the client has proven to be of the organization, by a private key, a client secret or an access token. False: it only named the organization, by a serial number or a client ID, or no organization is known.',
    }),
    certificate: z.object({ id: CertificateId, name: z.string() }).nullable(),
    clientId: z
      .string()
      .nullable()
      .meta({ description: 'Of API credentials of the organization; null for any other.' }),
    method: z.string().nullable().meta({ description: '`other` for a method that HTTP does not know.' }),
    path: z.string().nullable().meta({
      description:
        'The route that fits, or as `recordedPaths` of the environment says; never with the query.',
    }),
    status: z.number().int().nullable(),
    tlsVersion: z.string().nullable(),
    cipher: z.string().nullable(),
    resumed: z.boolean(),
    clientAddress: z.string(),
    serverName: z
      .string()
      .nullable()
      .meta({ description: 'SNI; `other` for a name that the gateway does not have.' }),
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
