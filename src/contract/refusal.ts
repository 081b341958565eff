import { z } from 'zod'
import { ActivityView } from './activity.ts'
import { EnvironmentName, OrganizationSlug, PageQuery, Timestamp } from './common.ts'
import { errorCodes } from './error-codes.ts'

/** How far back denied requests are counted. */
export const refusalRanges = ['day', 'week', 'month'] as const
export type RefusalRange = (typeof refusalRanges)[number]

/** How often one cause occurred. */
export const RefusalCountView = z
  .object({
    code: z.enum(errorCodes),
    count: z.number().int(),
    unproven: z.number().int().meta({
      description: 'How many of them only named the organization, without a proof.',
    }),
    lastAt: Timestamp,
    organizations: z.number().int().meta({
      description: 'How many organizations it was met by; refusals of strangers are nobody’s.',
    }),
  })
  .meta({ id: 'RefusalCount' })
export type RefusalCountView = z.output<typeof RefusalCountView>

/** A denied request with the organization of its client; null if it is unattributed. */
export const RefusalView = ActivityView.extend({
  organization: z.object({ slug: OrganizationSlug, legalName: z.string() }).nullable(),
}).meta({ id: 'Refusal' })
export type RefusalView = z.output<typeof RefusalView>

const filter = {
  environment: EnvironmentName.optional(),
  organization: OrganizationSlug.optional(),
}

export const RangeQuery = z.object({ range: z.enum(refusalRanges).default('day') })
export const CountQuery = RangeQuery.extend(filter)
export const RefusalQuery = PageQuery.extend({ ...filter, code: z.enum(errorCodes).optional() })
