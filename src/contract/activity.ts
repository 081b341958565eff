import { z } from 'zod'
import { EnvironmentName, PageQuery, Timestamp, TraceId, timeRange } from './common.ts'
import { outcomeNames } from './enum-names.ts'
import { ActivityId, CertificateId } from './ids.ts'
import { DenialCode, DenialCodeFilter } from './open-code.ts'

/** The kinds of events that a gateway observes: a TLS connection, a token request, or a call. */
export const activityKinds = ['connection', 'token', 'call'] as const
export type ActivityKind = (typeof activityKinds)[number]

/** The filter of a list of gateway events. */
export const ActivityListQuery = PageQuery.extend({
  ...timeRange,
  environment: EnvironmentName.optional(),
  outcome: z.enum(outcomeNames.names).optional(),
  certificateId: CertificateId.optional(),
  code: DenialCodeFilter.optional().meta({ description: 'Only denials of this cause.' }),
  status: z.coerce.number().int().min(100).max(599).optional().meta({ description: 'The HTTP status.' }),
  traceId: TraceId.optional().meta({ description: '`traceId` of a response.' }),
})

export const ActivityView = z
  .object({
    id: ActivityId,
    at: Timestamp,
    kind: z.enum(activityKinds),
    outcome: z.enum(outcomeNames.names),
    code: DenialCode.nullable().meta({ description: 'Why the request was denied; null if it was allowed.' }),
    unenforcedCode: DenialCode.nullable().meta({
      description: 'Why the request would have been denied if the organization required certificates.',
    }),
    explanation: z.string().nullable().meta({ description: 'What happened and what to do.' }),
    environment: z.string(),
    identityProven: z.boolean().meta({
      description:
        'Whether the client proved that it belongs to the organization, by a private key, a client secret or an access token. False if it only named the organization, by a serial number or a client ID, or if no organization is known.',
    }),
    certificate: z.object({ id: CertificateId, name: z.string() }).nullable(),
    clientId: z
      .string()
      .nullable()
      .meta({ description: 'The client ID of API credentials of the organization; null for any other.' }),
    method: z.string().nullable().meta({ description: '`other` for a method that HTTP does not know.' }),
    path: z.string().nullable().meta({
      description: 'The matching route, or as `recordedPaths` of the environment says; never with the query.',
    }),
    status: z.number().int().nullable(),
    tlsVersion: z.string().nullable(),
    tlsCipher: z.string().nullable(),
    tlsResumed: z.boolean(),
    clientAddress: z.string(),
    serverName: z
      .string()
      .nullable()
      .meta({ description: 'SNI; `other` for a name that the gateway does not serve.' }),
    presentedCertificate: z
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
