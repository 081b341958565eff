import { z } from 'zod'
import { ActorView } from './actor.ts'
import { OrganizationSlug, Timestamp } from './common.ts'
import { CredentialId } from './ids.ts'
import { DenialCode } from './open-code.ts'

/**
 * Whether the clients of an organization need a valid certificate: not required, monitored (calls that would
 * be denied are recorded), or required.
 */
export const enforcementModes = ['off', 'observe', 'enforce'] as const
export type EnforcementMode = (typeof enforcementModes)[number]

/** Returns the name of an enforcement policy in the change log and in the audit log. */
export const policySubject = (organizationId: string, environment: string): string =>
  `${organizationId}/${environment}`

/** Returns the organization and environment of an enforcement policy that {@link policySubject} has named. */
export function readPolicySubject(subjectId: string): { organizationId: string; environment: string } {
  const [organizationId = '', environment = ''] = subjectId.split('/')
  return { organizationId, environment }
}

const CallCount = z.number().int().min(0)

/** Calls that are allowed today and would be denied, of one cause and one client. */
const WouldBeDenied = z.object({
  code: DenialCode,
  credential: z
    .object({ id: CredentialId, clientId: z.string(), name: z.string() })
    .nullable()
    .meta({ description: 'The API credentials of the calls.' }),
  calls: CallCount,
  lastAt: Timestamp,
  lastClientAddress: z.string().meta({ description: 'The IP address of the last of these calls.' }),
})

const policyFields = {
  mode: z.enum(enforcementModes),
  since: Timestamp.nullable().meta({
    description: 'When this mode was set; null if it is the default of the environment.',
  }),
  updatedBy: ActorView.nullable().meta({
    description: 'Who or what changed the policy last; null without a decision.',
  }),
  enforceAt: Timestamp.nullable().meta({
    description: 'From when a certificate is required, unless calls would be denied then.',
  }),
  postponedSince: Timestamp.nullable().meta({
    description: 'Since when this is postponed, because calls would be denied.',
  }),
}

const impactCounts = {
  allowedCalls: CallCount.meta({ description: 'Calls since `since` that would be allowed.' }),
  deniedCalls: CallCount.meta({ description: 'Calls since `since` that would be denied.' }),
  recentDeniedCalls: CallCount.meta({
    description:
      'Those of `deniedCalls` in the hours without denied calls that the environment requires, by whole hours.',
  }),
}

/** The enforcement policy of an organization, apart from its impact, which each call changes. */
export const EnforcementPolicyView = z
  .object({
    ...policyFields,
    windowHours: z.number().meta({
      description: 'Certificates are required only after so many hours without a call that would be denied.',
    }),
  })
  .meta({ id: 'EnforcementPolicy' })
export type EnforcementPolicyView = z.output<typeof EnforcementPolicyView>

/** The calls that an enforcement policy denies, or would deny. */
export const EnforcementImpactView = z
  .object({
    since: Timestamp.nullable().meta({ description: '`since` of the policy: calls count from then on.' }),
    ...impactCounts,
    causes: z.array(WouldBeDenied).meta({ description: 'Newest first, at most 100.' }),
  })
  .meta({ id: 'EnforcementImpact' })
export type EnforcementImpactView = z.output<typeof EnforcementImpactView>

/** The enforcement policy of any organization, without the causes. */
export const EnforcementPolicySummary = z
  .object({
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    environment: z.string(),
    ...policyFields,
    ...impactCounts,
  })
  .meta({ id: 'EnforcementPolicySummary' })
export type EnforcementPolicySummary = z.output<typeof EnforcementPolicySummary>

/** A new enforcement policy as operators send it. */
export const NewEnforcementPolicy = z
  .object({
    mode: z.enum(enforcementModes),
    enforceAt: Timestamp.nullable()
      .default(null)
      .meta({ description: 'Only with `observe`: when the mode becomes `enforce`.' }),
    acceptDenied: CallCount.nullable().default(null).meta({
      description:
        'Only with `enforce`: how many recent calls may be denied; `recentDeniedCalls` of getEnforcementImpact as you have seen it.',
    }),
  })
  .meta({ id: 'NewEnforcementPolicy' })
export type NewEnforcementPolicy = z.output<typeof NewEnforcementPolicy>
