import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { RegisteredPlan } from './registered-plan.ts'
import type { Registry } from './registry.ts'

const always: RegisteredPlan = { mode: 'enforce', since: 0 }

/**
 * What holds for an organization: its own plan, or what the environment starts with. FAPI 2.0, 5.3.2.1 has every token
 * bound to a certificate, so that no plan lifts that there.
 */
export const findPlan = (
  { findPlan }: Pick<Registry, 'findPlan'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
  organizationId: string,
): RegisteredPlan =>
  profile === 'fapi2' ? always : (findPlan(organizationId, name) ?? { mode: enforcement, since: 0 })

/** Whether there may be anybody in an environment who is let in without a certificate. */
export const isAnybodyExempt = (
  { hasExemption }: Pick<Registry, 'hasExemption'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
): boolean => profile !== 'fapi2' && (enforcement !== 'enforce' || hasExemption(name))
