import { z } from 'zod'
import { Id, OrganizationSlug, Timestamp } from './common.ts'
import { errorCodes } from './error-codes.ts'

/**
 * Whether callers of an organization need a certificate that counts: not at all, not yet but it is recorded who
 * would be refused, or yes.
 */
export const enforcementModes = ['off', 'observe', 'enforce'] as const
export type EnforcementMode = (typeof enforcementModes)[number]

/** The name of a plan in the change log and in the audit log. */
export const planSubject = (organizationId: string, environment: string): string =>
  `${organizationId}/${environment}`

/** Whose plan it is that {@link planSubject} has named. */
export function readPlanSubject(subjectId: string): { organizationId: string; environment: string } {
  const [organizationId = '', environment = ''] = subjectId.split('/')
  return { organizationId, environment }
}

const CallCount = z.number().int().min(0)

/** Calls that pass today and would be refused, of one cause and one client. */
const WouldBeRefused = z.object({
  code: z.enum(errorCodes).meta({ description: 'Why they would be refused.' }),
  credential: z
    .object({ id: Id, clientId: z.string(), name: z.string() })
    .nullable()
    .meta({ description: 'With which API credentials they came.' }),
  calls: CallCount,
  lastAt: Timestamp,
  lastAddress: z.string().meta({ description: 'From where the last of them came.' }),
})

const planFacts = {
  mode: z.enum(enforcementModes),
  since: Timestamp.nullable().meta({
    description: 'Since when it is this mode; null where nobody has decided and the environment does.',
  }),
  enforceAt: Timestamp.nullable().meta({
    description: 'From when on a certificate is to be required, if nobody would be refused then.',
  }),
  heldSince: Timestamp.nullable().meta({
    description: 'Since when that is put off, because calls would be refused.',
  }),
  passing: CallCount.meta({ description: 'Calls since then that would pass.' }),
  refused: CallCount.meta({ description: 'Calls since then that would be refused.' }),
  recent: CallCount.meta({ description: 'Those of them in the last `holdHours`, by whole hours.' }),
}

/** What is required of the callers of an organization, and who is ready for it. */
export const EnforcementPlanView = z
  .object({
    ...planFacts,
    holdHours: z
      .number()
      .meta({ description: 'For so long nobody may have been seen who would be refused.' }),
    causes: z.array(WouldBeRefused).meta({ description: 'The newest first, at most 100.' }),
  })
  .meta({ id: 'EnforcementPlan' })
export type EnforcementPlanView = z.output<typeof EnforcementPlanView>

/** The same of all organizations, without the causes. */
export const EnforcementPlanSummary = z
  .object({
    organization: z.object({ slug: OrganizationSlug, legalName: z.string() }),
    environment: z.string(),
    ...planFacts,
  })
  .meta({ id: 'EnforcementPlanSummary' })
export type EnforcementPlanSummary = z.output<typeof EnforcementPlanSummary>

/** What operators decide. */
export const NewEnforcementPlan = z.object({
  mode: z.enum(enforcementModes),
  enforceAt: Timestamp.nullable()
    .default(null)
    .meta({ description: 'Only with `observe`: when it is to become `enforce`.' }),
  despite: CallCount.nullable().default(null).meta({
    description: 'Only with `enforce`: how many recent calls that would be refused are to be put up with.',
  }),
})
export type NewEnforcementPlan = z.output<typeof NewEnforcementPlan>
