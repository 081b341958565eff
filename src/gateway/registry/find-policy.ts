import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { RegisteredPolicy } from './registered-policy.ts'
import type { Registry } from './registry.ts'

const always: RegisteredPolicy = { mode: 'enforce', since: 0 }

/**
 * Returns the policy of an organization: its own, or the default of the environment. FAPI 2.0, section
 * 5.3.2.1 requires certificate-bound tokens, so no policy can make certificates optional there.
 */
export const findPolicy = (
  { findPolicy }: Pick<Registry, 'findPolicy'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
  organizationId: string,
): RegisteredPolicy =>
  profile === 'fapi2' ? always : (findPolicy(organizationId, name) ?? { mode: enforcement, since: 0 })

/** Returns whether any client of an environment can be allowed without a certificate. */
export const hasExemptClients = (
  { hasExemption }: Pick<Registry, 'hasExemption'>,
  { name, enforcement, profile }: Pick<GatewayEnvironment, 'name' | 'enforcement' | 'profile'>,
): boolean => profile !== 'fapi2' && (enforcement !== 'enforce' || hasExemption(name))
