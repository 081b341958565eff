import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { RegisteredPlan } from './registered-plan.ts'
import type { Registry } from './registry.ts'

const always: RegisteredPlan = { mode: 'enforce', since: 0 }

/**
 * Returns the policy of an organization: its own, or the default of the environment. FAPI 2.0, section
 * 5.3.2.1 requires certificate-bound tokens, so no policy can make certificates optional there.
 */
export const findPlan = (
  { findPlan }: Pick<Registry, 'findPlan'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
  organizationId: string,
): RegisteredPlan =>
  profile === 'fapi2' ? always : (findPlan(organizationId, name) ?? { mode: enforcement, since: 0 })

/** Returns whether any client of an environment can be allowed without a certificate. */
export const isAnybodyExempt = (
  { hasExemption }: Pick<Registry, 'hasExemption'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
): boolean => profile !== 'fapi2' && (enforcement !== 'enforce' || hasExemption(name))
