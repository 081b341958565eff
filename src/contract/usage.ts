import { z } from 'zod'
import { Timestamp } from './common.ts'

/** The ranges of a usage chart: the last hour by minute, the last day by hour, the last 30 days by day. */
export const usageRanges = ['hour', 'day', 'month'] as const
export type UsageRange = (typeof usageRanges)[number]

export const UsageQuery = z.object({ range: z.enum(usageRanges).default('day') })

const count = () => z.number().int()

const UsageBucket = z.object({
  start: Timestamp,
  handshakes: count(),
  succeeded: count().meta({
    description: 'Responses with a status below 300, and calls whose response only a reverse proxy saw.',
  }),
  redirects: count(),
  clientErrors: count(),
  serverErrors: count(),
  denied: count().meta({ description: 'Denied by the gateway; nothing reached the API.' }),
})
export type UsageBucket = z.output<typeof UsageBucket>

const UsageFacet = z.object({ value: z.string(), count: count(), lastAt: Timestamp })

/** The window that all figures of an answer are counted in, and their sums. */
const usageSums = {
  range: z.enum(usageRanges),
  from: Timestamp.meta({ description: 'The start of the first bucket.' }),
  to: Timestamp.meta({ description: 'The moment of the answer; the last bucket is not full.' }),
  callCount: count().meta({
    description: 'Token requests and calls that were answered; denied ones are not among them.',
  }),
  deniedCount: count().meta({ description: 'Denied connections, token requests and calls.' }),
}

/** Usage of a certificate: buckets without gaps, oldest first. */
export const UsageView = z
  .object({
    ...usageSums,
    firstUsedAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable().meta({ description: 'When the gateway last accepted it.' }),
    lastDeniedAt: Timestamp.nullable().meta({
      description: 'When the gateway last denied a connection or a request with it.',
    }),
    buckets: z.array(UsageBucket),
    tlsVersions: z.array(UsageFacet),
    clientAddresses: z
      .array(UsageFacet)
      .meta({ description: 'The most frequent client addresses of the days that the range touches.' }),
  })
  .meta({ id: 'Usage' })
export type UsageView = z.output<typeof UsageView>

/** Usage of an organization in an environment: of all its certificates, ended ones too, and without one. */
export const OrganizationUsageView = z
  .object({
    ...usageSums,
    buckets: z.array(UsageBucket),
    certificatesInUse: count().meta({
      description: 'Certificates that were accepted since `from`, also such as have ended since.',
    }),
  })
  .meta({ id: 'OrganizationUsage' })
export type OrganizationUsageView = z.output<typeof OrganizationUsageView>
