import { provisionerRole } from '../contract/api-key.ts'
import { findApiKeyScope } from '../contract/api-key-scopes.ts'
import type { Operation } from '../contract/operation.ts'
import { includesRole, type MemberRole, memberRoles, type OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'

/** Throws `api_key_not_allowed` unless keys may call the operation and this one has the scope for it. */
export function assertKeyMayCall(operation: Operation, { role, scopes }: ApiKeyHolder): void {
  if (role === provisionerRole)
    throw notAllowed('This API key provisions users over SCIM, and can do nothing else. Use another key.')
  const scope = findApiKeyScope(operation)
  if (scope === undefined) throw notAllowed('No API key may do this. Sign in to the portal instead.')
  if (scopes !== null && !scopes.includes(scope))
    throw notAllowed(`This API key lacks the scope ${scope}. Use a key that has it.`)
}

/** Throws `api_key_not_allowed` unless the key is an organization's and provisions its users. */
export function assertKeyMayProvision({ role, user }: ApiKeyHolder): void {
  if (role === provisionerRole && user === null) return
  throw notAllowed(
    'This API key may not provision users. Use a key of the organization with the role provisioner.',
  )
}

const isMemberRole = (role: ApiKeyHolder['role']): role is MemberRole =>
  (memberRoles as readonly string[]).includes(role)

/**
 * Returns the role of a key in an organization: its own for the key of the organization, and for that of a user the
 * lower of its role and the user's present one.
 */
export async function findKeyRole(
  { findRole }: { findRole(organizationId: string, userId: string): Promise<MemberRole | undefined> },
  organizationId: string,
  { role, organizationId: only, user }: ApiKeyHolder,
): Promise<MemberRole | undefined> {
  if (!isMemberRole(role) || (only !== null && only !== organizationId)) return undefined
  if (user === null) return only === organizationId ? role : undefined
  const own = await findRole(organizationId, user.userId)
  return own === undefined || includesRole(role, own) ? own : role
}

/** Returns the platform role of a key: the lower of its role and the user's present one, null without either. */
export function findKeyOperatorRole({ role, user }: ApiKeyHolder): OperatorRole | null {
  const own = user?.operatorRole ?? null
  if (isMemberRole(role) || own === null) return null
  return role === 'auditor' ? 'auditor' : own
}

const notAllowed = (sentence: string) => new PosternError('api_key_not_allowed', sentence)
