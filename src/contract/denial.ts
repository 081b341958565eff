import { z } from 'zod'
import { ActivityView } from './activity.ts'
import { EnvironmentName, OrganizationSlug, PageQuery, Timestamp, TraceId, timeRange } from './common.ts'
import { DenialCode, DenialCodeFilter } from './open-code.ts'

/** How far back denied requests are counted. */
export const denialRanges = ['day', 'week', 'month'] as const
export type DenialRange = (typeof denialRanges)[number]

/** How often one cause occurred. */
export const DenialCountView = z
  .object({
    code: DenialCode,
    count: z.number().int(),
    unprovenCount: z.number().int().meta({
      description: 'How many of them only named the organization, without proof of identity.',
    }),
    lastAt: Timestamp,
    organizationCount: z.number().int().meta({
      description: 'In how many organizations; denied requests of unidentified clients are in none.',
    }),
  })
  .meta({ id: 'DenialCount' })
export type DenialCountView = z.output<typeof DenialCountView>

/** Denied requests by cause, the most frequent first, and the time in which they are counted. */
export const DenialCounts = z
  .object({
    from: Timestamp.nullable().meta({ description: 'Null where only `to` was given.' }),
    to: Timestamp,
    items: z.array(DenialCountView),
  })
  .meta({ id: 'DenialCounts' })

/** A denied request with the organization of its client; null if it is unattributed. */
export const DenialView = ActivityView.extend({
  organization: z.object({ slug: OrganizationSlug, legalName: z.string() }).nullable(),
}).meta({ id: 'Denial' })
export type DenialView = z.output<typeof DenialView>

const filter = {
  environment: EnvironmentName.optional(),
  organization: OrganizationSlug.optional(),
}

const countRange = {
  range: z.enum(denialRanges).optional().meta({
    description: 'The last day, week or month; the last day without `range`, `from` and `to`.',
  }),
  from: timeRange.from.meta({ description: 'Not before the hour of this moment.' }),
  to: timeRange.to.meta({ description: 'No hour that begins at this moment or later.' }),
}
const hasOneRange = ({ range, from, to }: { range?: unknown; from?: unknown; to?: unknown }): boolean =>
  range === undefined || (from === undefined && to === undefined)
const rangeProblem = { path: ['range'], message: 'must be left out where from or to is given' }

export const RangeQuery = z.object(countRange).refine(hasOneRange, rangeProblem)
export const CountQuery = z.object({ ...countRange, ...filter }).refine(hasOneRange, rangeProblem)
export const OrganizationDenialQuery = PageQuery.extend({
  ...timeRange,
  code: DenialCodeFilter.optional().meta({ description: 'Only denials of this cause.' }),
  traceId: TraceId.optional().meta({ description: '`traceId` of a response.' }),
})
export const DenialQuery = OrganizationDenialQuery.extend(filter)
