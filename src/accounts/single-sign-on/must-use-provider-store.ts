import { domainOf } from '../../shapes/email-domain.ts'
import type { Queries } from '../../storage/database.ts'

/**
 * Returns whether a user may sign in through a provider only: an organization of theirs has proven the domain of the address
 * and requires its provider, and does not except the user. If none of the excepted admins is left, all admins are.
 */
export async function mustUseProvider(
  queries: Queries,
  user: { id: string; email: string },
): Promise<boolean> {
  const rows = await queries
    .selectFrom('single_sign_on')
    .innerJoin('single_sign_on_domains', (join) =>
      join.onRef('single_sign_on_domains.organization_id', '=', 'single_sign_on.organization_id'),
    )
    .innerJoin('members', 'members.organization_id', 'single_sign_on.organization_id')
    .innerJoin('organizations', 'organizations.id', 'single_sign_on.organization_id')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['organizations.id', 'password_admins', 'role'])
    .where('is_required', '=', 1)
    .where('organizations.status', '=', 'active')
    .where('domain', '=', domainOf(user.email))
    .where('proven_at', 'is not', null)
    .where('members.user_id', '=', user.id)
    .where('users.operator_role', 'is', null)
    .execute()
  for (const { id, password_admins: excepted, role } of rows) {
    const emails = JSON.parse(excepted) as string[]
    if (role === 'admin' && emails.includes(user.email)) continue
    if (role === 'admin' && (await listPasswordAdmins(queries, id, emails)).length === 0) continue
    return true
  }
  return false
}

/** Returns which of the addresses are those of admins of an organization who can sign in with a password. */
export async function listPasswordAdmins(
  queries: Queries,
  organizationId: string,
  emails: readonly string[],
): Promise<string[]> {
  // The erasure of a person can leave none.
  if (emails.length === 0) return []
  const rows = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .innerJoin('accounts', 'accounts.user_id', 'users.id')
    .select('users.email')
    .where('members.organization_id', '=', organizationId)
    .where('members.role', '=', 'admin')
    .where('accounts.provider_id', '=', 'credential')
    .where('accounts.password', 'is not', null)
    .where('users.deactivated_at', 'is', null)
    .where('users.email', 'in', emails)
    .execute()
  return rows.map(({ email }) => email)
}
