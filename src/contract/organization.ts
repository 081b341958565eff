import { z } from 'zod'
import { Timestamp } from './common.ts'

/**
 * What state an organization is in. A suspended one keeps everything, and nothing of it works until it is reactivated; a
 * closed one stays closed.
 */
export const organizationStatuses = ['active', 'suspended', 'closed'] as const
export type OrganizationStatus = (typeof organizationStatuses)[number]

export const OrganizationView = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    status: z.enum(organizationStatuses).meta({
      description: 'Of a `suspended` organization nothing works until it is reactivated; `closed` is final.',
    }),
    certificateCount: z.number().int(),
    credentialCount: z.number().int(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Organization' })
export type OrganizationView = z.output<typeof OrganizationView>
