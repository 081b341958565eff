import { z } from 'zod'
import { EnvironmentName, OrganizationSlug, PageQuery, severalOf, Timestamp } from './common.ts'
import { line, searchText } from './text.ts'

/**
 * What state an organization is in. A suspended one keeps everything, and nothing of it works until it is reactivated; a
 * closed one stays closed.
 */
export const organizationStatuses = ['active', 'suspended', 'closed'] as const
export type OrganizationStatus = (typeof organizationStatuses)[number]

const maxReason = 500

export const OrganizationView = z
  .object({
    slug: z.string(),
    legalName: z.string(),
    country: z.string(),
    state: z.string(),
    status: z.enum(organizationStatuses).meta({
      description: 'Of a `suspended` organization nothing works until it is reactivated; `closed` is final.',
    }),
    statusReason: z.string().nullable().meta({ description: 'Why it was suspended or closed.' }),
    statusChangedAt: Timestamp.nullable().meta({
      description: 'When the status last changed; null if it never has.',
    }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Organization' })
export type OrganizationView = z.output<typeof OrganizationView>

/** What organizations have by now. It changes with every certificate, so that it is apart from the organization itself. */
export const OrganizationUse = z
  .object({
    slug: z.string(),
    certificateCount: z.number().int().meta({ description: 'Certificates of every status.' }),
    credentialCount: z.number().int(),
    memberCount: z.number().int(),
    ownerGoneCount: z.number().int().meta({
      description: 'Drafts, pending and valid certificates whose `isOwnerGone` is true.',
    }),
  })
  .meta({ id: 'OrganizationUse' })
export type OrganizationUse = z.output<typeof OrganizationUse>

export const OrganizationListQuery = PageQuery.extend({
  text: searchText.optional().meta({ description: 'Part of the slug or the legal name.' }),
  status: severalOf(z.enum(organizationStatuses)),
})

const Country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must have two upper-case letters, as in ISO 3166')
  .meta({ description: 'ISO 3166-1 alpha-2, such as GB.' })
const facts = { legalName: line(200).min(1), country: Country, state: line(200) }

export const NewOrganization = z
  .object({
    slug: OrganizationSlug.meta({
      description: 'The short name in addresses and in the names of certificates. It never changes.',
    }),
    legalName: facts.legalName,
    country: facts.country,
    state: facts.state.default('').meta({ description: 'State or province.' }),
  })
  .meta({ id: 'OrganizationInput' })
export type NewOrganization = z.output<typeof NewOrganization>

export const OrganizationChange = z.object(facts).partial().meta({ id: 'OrganizationChange' })
export type OrganizationChange = z.output<typeof OrganizationChange>

const reason = line(maxReason)
export const Suspension = z
  .object({ reason: reason.min(1).meta({ description: 'For operators, and for the audit log.' }) })
  .meta({ id: 'Suspension' })

export const Closure = z
  .object({
    slug: z.string().max(100).meta({ description: 'The slug of the organization, typed as a confirmation.' }),
    reason: reason.default(''),
  })
  .meta({ id: 'Closure' })

const Limit = z.number().int().min(0).max(1_000_000).nullable()
const environmentLimits = {
  maxCertificates: Limit.meta({ description: 'Pending and valid certificates.' }),
  certificatesPerHour: Limit.meta({
    description: 'Certificates created per hour, and separately CSRs submitted per hour.',
  }),
}
const otherLimits = {
  maxCredentials: Limit,
  emailsPerHour: Limit.meta({ description: 'To members and operators.' }),
  maxPeople: Limit.meta({ description: 'Members and open invitations.' }),
}

/** The limits that operators set for an organization; null is the default of the configuration. */
export const OrganizationLimits = z
  .object({
    environments: z.array(z.object({ environment: EnvironmentName, ...environmentLimits })).max(100),
    ...otherLimits,
  })
  .meta({ id: 'OrganizationLimits' })
export type OrganizationLimits = z.output<typeof OrganizationLimits>

const Default = z.number().int()

export const OrganizationLimitsView = z
  .object({
    environments: z.array(z.object({ environment: z.string(), ...environmentLimits })),
    ...otherLimits,
    defaults: z
      .object({
        environments: z.array(
          z.object({ environment: z.string(), maxCertificates: Default, certificatesPerHour: Default }),
        ),
        maxCredentials: Default,
        emailsPerHour: Default,
        maxPeople: Default,
      })
      .meta({ description: 'What applies where a limit is null.' }),
  })
  .meta({ id: 'OrganizationLimitsState' })
export type OrganizationLimitsView = z.output<typeof OrganizationLimitsView>
