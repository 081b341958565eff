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
    .meta({ description: 'With which API credentials they came.' }),
  calls: CallCount,
  lastAt: Timestamp,
  lastAddress: z.string().meta({ description: 'From where the last of them came.' }),
})

const policyFields = {
  mode: z.enum(enforcementModes),
  since: Timestamp.nullable().meta({
    description: 'Since when it is this mode; null where nobody has decided and the environment does.',
  }),
  updatedBy: ActorView.nullable().meta({
    description: 'Who or what changed the policy last; null without a decision.',
  }),
  enforceAt: Timestamp.nullable().meta({
    description: 'From when on a certificate is to be required, if nobody would be refused then.',
  }),
  heldSince: Timestamp.nullable().meta({
    description: 'Since when that is put off, because calls would be refused.',
  }),
  passing: CallCount.meta({ description: 'Calls since then that would pass.' }),
  refused: CallCount.meta({ description: 'Calls since then that would be refused.' }),
  recent: CallCount.meta({ description: 'Those of them in the last `windowHours`, by whole hours.' }),
}

/** The enforcement policy of an organization, and the readiness of its clients. */
export const EnforcementPolicyView = z
  .object({
    ...policyFields,
    windowHours: z
      .number()
      .meta({ description: 'For so long nobody may have been seen who would be refused.' }),
    causes: z.array(WouldBeDenied).meta({ description: 'The newest first, at most 100.' }),
  })
  .meta({ id: 'EnforcementPlan' })
export type EnforcementPolicyView = z.output<typeof EnforcementPolicyView>

/** The enforcement policy of any organization, without the causes. */
export const EnforcementPolicySummary = z
  .object({
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    environment: z.string(),
    ...policyFields,
  })
  .meta({ id: 'EnforcementPlanSummary' })
export type EnforcementPolicySummary = z.output<typeof EnforcementPolicySummary>

/** A new enforcement policy as operators send it. */
export const NewEnforcementPolicy = z
  .object({
    mode: z.enum(enforcementModes),
    enforceAt: Timestamp.nullable()
      .default(null)
      .meta({ description: 'Only with `observe`: when it is to become `enforce`.' }),
    despite: CallCount.nullable().default(null).meta({
      description: 'Only with `enforce`: how many recent calls that would be refused are to be put up with.',
    }),
  })
  .meta({ id: 'NewEnforcementPolicy' })
export type NewEnforcementPolicy = z.output<typeof NewEnforcementPolicy>
