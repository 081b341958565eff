import { z } from 'zod'
import { ActorView } from './actor.ts'
import { certificateStatuses } from './certificate.ts'
import { EnvironmentName, OrganizationSlug, Timestamp } from './common.ts'
import { CertificateId, CredentialId } from './ids.ts'

const count = () => z.number().int().min(0)

/** How an old certificate is retired: by a person, at a time, or as soon as nothing would be cut off. */
export const retirementModes = ['manual', 'at', 'when_safe'] as const
export type RetirementMode = (typeof retirementModes)[number]

/** Why an old certificate can be retired, or not yet. */
export const retirementCodes = [
  'safe',
  'still_used',
  'no_replacement',
  'replacement_not_issued',
  'replacement_ended',
  'replacement_not_accepted',
  'replacement_denied',
  'replacement_unused',
  'replacement_too_new',
  'not_watched',
  'retired',
  'expired',
] as const
export type RetirementCode = (typeof retirementCodes)[number]

export const RetirementVerdict = z
  .object({
    code: z.enum(retirementCodes),
    sentence: z.string().meta({
      description:
        '`not yet: 37 calls in the last hour from 203.0.113.7`, or `safe to retire: silent for 24 h`.',
    }),
    silentSince: Timestamp.nullable().meta({
      description:
        'Since when the silence of the old certificate counts: after its last use, after the first acceptance of the replacement, without a long pause in its calls, and without a gap in what the gateways report.',
    }),
    safeFrom: Timestamp.nullable().meta({
      description: 'When it is safe to retire if it stays silent; null while something else is in the way.',
    }),
  })
  .meta({ id: 'RetirementVerdict' })
export type RetirementVerdict = z.output<typeof RetirementVerdict>

/** One of the two certificates of a rotation, and its traffic. */
export const RotationSide = z
  .object({
    id: CertificateId,
    name: z.string(),
    description: z.string(),
    status: z.enum(certificateStatuses),
    notAfter: Timestamp.nullable(),
    daysLeft: z.number().int().nullable().meta({ description: 'Whole days until it expires, at least 0.' }),
    callsPerMinute: z.number().meta({ description: 'Allowed requests, averaged over the last 5 minutes.' }),
    calls: count().meta({ description: 'Its allowed requests in the last hour.' }),
    deniedCalls: count().meta({ description: 'Its denied requests in the last hour.' }),
    share: z.number().min(0).max(1).nullable().meta({
      description: 'Its part of the allowed requests of both in the last hour; null if there were none.',
    }),
    firstUsedAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
    lastDeniedAt: Timestamp.nullable(),
  })
  .meta({ id: 'RotationSide' })
export type RotationSide = z.output<typeof RotationSide>

export const RetirementPlan = z
  .object({
    mode: z.enum(retirementModes),
    at: Timestamp.nullable(),
    postponedSince: Timestamp.nullable().meta({
      description: 'Since when the retirement is postponed, because calls would be denied.',
    }),
    setBy: ActorView,
  })
  .meta({ id: 'RetirementPlan' })
export type RetirementPlan = z.output<typeof RetirementPlan>

/** What ends the time in which both certificates of a rotation are accepted. */
const overlapRules = ['policy', 'plan', 'expiry'] as const

const RotationOverlap = z
  .object({
    endsAt: Timestamp.meta({
      description:
        'From when the old certificate is retired as soon as that is safe, or when it expires: the earliest of what is known.',
    }),
    rule: z.enum(overlapRules).meta({
      description:
        'What says so: `policy` is a setting of the environment, `plan` a time that a user has set, `expiry` the end of its validity period.',
    }),
    days: z.number().min(0).nullable().meta({
      description:
        'For how many days the environment allows both, from the first call that was accepted with the replacement; null without a limit.',
    }),
    limitedUntil: Timestamp.nullable().meta({
      description:
        'The end by `days`; null without a limit, or while no gateway has accepted the replacement.',
    }),
    postponedSince: Timestamp.nullable().meta({
      description:
        'Since when it is not retired after `limitedUntil`, because calls would be denied: it is retired as soon as that is safe.',
    }),
  })
  .meta({ id: 'RotationOverlap' })

const CredentialOnOld = z
  .object({
    id: CredentialId,
    clientId: z.string(),
    name: z.string(),
    lastUsedAt: Timestamp.meta({ description: 'Its last call or token request with the old certificate.' }),
    tokenValidUntil: Timestamp.nullable().meta({
      description:
        'When its last access token that is bound to the old certificate ends; null if none is valid.',
    }),
    hasNewToken: z.boolean().meta({
      description: 'Whether it has fetched an access token with the replacement.',
    }),
  })
  .meta({ id: 'CredentialOnOld' })

const Generation = z
  .object({ id: CertificateId, name: z.string(), status: z.enum(certificateStatuses) })
  .meta({ id: 'CertificateGeneration' })

const rotationFields = {
  environment: EnvironmentName,
  old: RotationSide,
  new: RotationSide.nullable().meta({ description: 'The replacement; null until one is created.' }),
  verdict: RetirementVerdict,
  plan: RetirementPlan.nullable().meta({ description: 'Null while a person retires it.' }),
  overlap: RotationOverlap.nullable().meta({
    description: 'Null without a replacement, and once the old certificate is not valid any more.',
  }),
}

/** A rotation in a list. */
export const RotationSummary = z.object(rotationFields).meta({ id: 'RotationSummary' })
export type RotationSummary = z.output<typeof RotationSummary>

/** A rotation whose overlap is over, in the list of operators. */
export const OverdueRotation = RotationSummary.extend({
  organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
}).meta({ id: 'OverdueRotation' })
export type OverdueRotation = z.output<typeof OverdueRotation>

/** A certificate, its replacement, and what still uses the old one. */
export const RotationView = z
  .object({
    ...rotationFields,
    silenceHours: z.number().meta({ description: 'How long the old certificate must be silent.' }),
    watchedSince: Timestamp.nullable().meta({
      description: 'Since when the gateways report without a gap; null if they do not report now.',
    }),
    isLastWorking: z.boolean().meta({
      description:
        'Whether no other valid certificate of the organization in this environment has been accepted: then the name must be typed.',
    }),
    clientAddresses: z
      .array(z.object({ address: z.string(), lastAt: Timestamp }).meta({ id: 'AddressOnOld' }))
      .meta({
        description: 'Client addresses that used the old certificate within `silenceHours`; at most 20.',
      }),
    credentials: z.array(CredentialOnOld).meta({
      description:
        'API credentials that used the old certificate within 30 days and have not fetched a token with the replacement, or used the old one within `silenceHours`; at most 100.',
    }),
    boundTokens: z
      .object({ atMost: count(), validUntil: Timestamp.nullable() })
      .meta({ id: 'BoundTokens', description: 'Access tokens that are bound to the old certificate.' }),
    generations: z
      .array(Generation)
      .meta({ description: 'The line of certificates, the oldest first; at most 50.' }),
  })
  .meta({ id: 'Rotation' })
export type RotationView = z.output<typeof RotationView>

/** How a certificate is to be retired. */
export const Retirement = z
  .object({
    when: z.enum(['now', ...retirementModes]),
    at: Timestamp.nullable().default(null).meta({ description: 'Only with `at`.' }),
    name: z.string().max(100).default('').meta({
      description:
        'Only with `now`: the name of the certificate, typed. Needed if it is not safe to retire, or the last working certificate.',
    }),
  })
  .meta({ id: 'CertificateRetirement' })
export type Retirement = z.output<typeof Retirement>
