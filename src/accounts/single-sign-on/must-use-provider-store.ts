import { domainOf } from '../../shapes/email-domain.ts'
import type { Queries } from '../../storage/database.ts'
import { providerOf } from './provider-id.ts'

/**
 * Returns whether a user may sign in through a provider only: an organization of theirs requires its provider, has proven
 * the domain of the address or has linked the user, and does not except the user. If none of the excepted admins is left,
 * all admins are. The link holds after a change of the address, which else would go around the provider.
 */
export async function mustUseProvider(
  queries: Queries,
  user: { id: string; email: string },
): Promise<boolean> {
  const required = await listRequired(queries, user.id)
  if (required.length === 0) return false
  const byDomain = await listByDomain(queries, domainOf(user.email))
  const links = await listLinks(queries, user.id)
  for (const { id, issuer, password_admins: excepted, role } of required) {
    if (!byDomain.includes(id) && !links.includes(providerOf(id, issuer))) continue
    const emails = JSON.parse(excepted) as string[]
    if (role === 'admin' && emails.includes(user.email)) continue
    if (role === 'admin' && (await listPasswordAdmins(queries, id, emails)).length === 0) continue
    return true
  }
  return false
}

/** Returns whether an address is in a proven domain of an organization of the user that requires its provider. */
export async function isOfRequiredProvider(
  queries: Queries,
  user: { id: string; email: string },
): Promise<boolean> {
  const byDomain = await listByDomain(queries, domainOf(user.email))
  return (await listRequired(queries, user.id)).some(({ id }) => byDomain.includes(id))
}

/** The organizations of a user that require their provider; none for operators and auditors, who never use one. */
const listRequired = (queries: Queries, userId: string) =>
  queries
    .selectFrom('single_sign_on')
    .innerJoin('members', 'members.organization_id', 'single_sign_on.organization_id')
    .innerJoin('organizations', 'organizations.id', 'single_sign_on.organization_id')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['organizations.id', 'issuer', 'password_admins', 'role'])
    .where('is_required', '=', 1)
    .where('organizations.status', '=', 'active')
    .where('members.user_id', '=', userId)
    .where('users.operator_role', 'is', null)
    .execute()

async function listByDomain(queries: Queries, domain: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('single_sign_on_domains')
    .select('organization_id')
    .where('domain', '=', domain)
    .where('proven_at', 'is not', null)
    .execute()
  return rows.map(({ organization_id: id }) => id)
}

async function listLinks(queries: Queries, userId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('accounts')
    .select('provider_id')
    .where('user_id', '=', userId)
    .execute()
  return rows.map(({ provider_id: id }) => id)
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
