import { z } from 'zod'
import { ActorView } from './actor.ts'
import { EnvironmentName, OrganizationSlug, PageQuery, Timestamp } from './common.ts'
import { certificatePurposes } from './environment.ts'
import { CertificateId } from './ids.ts'
import { line } from './text.ts'

const count = () => z.number().int().min(0)

/** A plan by which an organization replaces certificates from other CAs with those of Postern. */
const planFields = {
  state: z.enum(['accepted', 'planned', 'postponed', 'ended']).meta({
    description:
      '`accepted`: no deadline. `planned`: the deadline is ahead. `postponed`: it has come, but calls would be denied. `ended`: certificates from other CAs are denied.',
  }),
  deadline: Timestamp.nullable().meta({
    description: 'From when certificates from other CAs are to be denied; null without a deadline.',
  }),
  endsAt: Timestamp.nullable().meta({
    description: 'From when gateways deny them; null until nothing stands against the deadline.',
  }),
  postponedSince: Timestamp.nullable().meta({
    description: 'Since when the deadline is postponed, because calls would be denied.',
  }),
  exceptionUntil: Timestamp.nullable().meta({
    description: 'Until when certificates for TLS servers alone are accepted from clients.',
  }),
}

export const MigrationView = z
  .object({
    ...planFields,
    message: z.array(z.string()).meta({ description: 'What the provider writes to the organization.' }),
    windowHours: z.number().meta({
      description: 'The deadline is kept only after so many hours without a call that would be denied.',
    }),
    updatedBy: ActorView.nullable().meta({
      description: 'Who or what changed the plan last; null without a decision.',
    }),
  })
  .meta({ id: 'Migration' })
export type MigrationView = z.output<typeof MigrationView>

/** How the certificates from other CAs of an organization are used. */
const useFields = {
  certificates: count().meta({ description: 'Valid certificates from other CAs.' }),
  externalCalls: count().meta({ description: 'Calls with them in the last 24 hours.' }),
  otherCalls: count().meta({ description: 'All other allowed calls of the organization in that time.' }),
  exceptionCertificates: count().meta({
    description: 'Those of `certificates` that are for TLS servers alone and depend on the exception.',
  }),
  exceptionCalls: count().meta({ description: 'Calls with these in the last 24 hours.' }),
}

/** Certificates from other CAs with one issuer and one purpose. */
const ExternalIssuerUse = z.object({
  issuer: z.string().meta({ description: 'The issuer that the certificates name (RFC 4514).' }),
  purpose: z.enum(certificatePurposes).nullable().meta({
    description: 'Their extended key usage; null until Postern has read it.',
  }),
  certificates: count(),
  calls: count().meta({ description: 'Calls with them in the last 24 hours.' }),
  lastNotAfter: Timestamp.meta({ description: 'When the last of them expires.' }),
  lastRenewal: z.string().nullable().meta({
    description: 'The last day on which this issuer renews them, by `lastRenewals` of the configuration.',
  }),
})

/** What the end of certificates from other CAs would deny. */
export const MigrationImpactView = z
  .object({
    ...useFields,
    recentExternalCalls: count().meta({
      description: 'Calls with certificates from other CAs in the last `windowHours`, by whole hours.',
    }),
    issuers: z.array(ExternalIssuerUse).meta({ description: 'By number of certificates, at most 20.' }),
    nextCertificate: z.object({ id: CertificateId, name: z.string() }).nullable().meta({
      description:
        'One of the certificates that has no replacement yet, the first to expire; null without one.',
    }),
  })
  .meta({ id: 'MigrationImpact' })
export type MigrationImpactView = z.output<typeof MigrationImpactView>

export const MigrationSummary = z
  .object({
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    environment: z.string(),
    ...planFields,
    ...useFields,
    issuers: z.array(ExternalIssuerUse).meta({ description: 'By number of certificates, at most 20.' }),
  })
  .meta({ id: 'MigrationSummary' })
export type MigrationSummary = z.output<typeof MigrationSummary>

export const MigrationListQuery = PageQuery.extend({
  environment: EnvironmentName.optional(),
  only: z.literal('remaining').optional().meta({
    description: 'Lists only organizations with valid certificates from other CAs.',
  }),
})

/** A new plan as operators send it. */
export const NewMigration = z
  .object({
    deadline: Timestamp.nullable().default(null).meta({
      description: 'At least `windowHours` ahead, unless `acceptDenied` is given.',
    }),
    message: z.array(line(500)).max(20).default([]).meta({
      description: 'Paragraphs of your own in each email about the deadline.',
    }),
    exceptionUntil: Timestamp.nullable().default(null).meta({
      description: 'At most 366 days ahead.',
    }),
    acceptDenied: count().nullable().default(null).meta({
      description:
        'Keeps the deadline although calls would be denied; `recentExternalCalls` of getMigrationImpact as you have seen it.',
    }),
  })
  .meta({ id: 'NewMigration' })
export type NewMigration = z.output<typeof NewMigration>
