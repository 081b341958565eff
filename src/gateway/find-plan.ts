import type { GatewayEnvironment } from './gateway-environment.ts'
import type { RegisteredPlan } from './registered-plan.ts'
import type { Registry } from './registry.ts'

/** What holds for an organization: its own plan, or what the environment starts with. */
export const findPlan = (
  { findPlan }: Pick<Registry, 'findPlan'>,
  { name, enforcement }: Pick<GatewayEnvironment, 'name' | 'enforcement'>,
  organizationId: string,
): RegisteredPlan => findPlan(organizationId, name) ?? { mode: enforcement, since: 0 }

/** Whether there may be anybody in an environment who is let in without a certificate. */
export const isAnybodyExempt = (
  { hasExemption }: Pick<Registry, 'hasExemption'>,
  { name, enforcement }: Pick<GatewayEnvironment, 'name' | 'enforcement'>,
): boolean => enforcement !== 'enforce' || hasExemption(name)
