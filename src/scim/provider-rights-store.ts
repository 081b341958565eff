import { PosternError } from '../errors.ts'
import { domainOf } from '../shapes/email-domain.ts'
import { invalidValue, ScimError } from '../shapes/scim-error.ts'
import type { Tx } from '../storage/database.ts'
import type { ScimUser } from './scim-user-store.ts'

/** Throws a `ScimError` for an address of others: a provider speaks for the domains that its organization has proven. */
export async function assertProven(tx: Tx, organizationId: string, address: string): Promise<void> {
  if (await isProven(tx, organizationId, address)) return
  throw invalidValue(
    `The organization has not proven the domain ${domainOf(address)}. Prove it under Single sign-on, or leave the user out.`,
  )
}

/** Returns whether the organization has proven the domain of an address. */
export async function isProven(tx: Tx, organizationId: string, address: string): Promise<boolean> {
  const proven = await tx
    .selectFrom('single_sign_on_domains')
    .select('domain')
    .where('organization_id', '=', organizationId)
    .where('domain', '=', domainOf(address))
    .where('proven_at', 'is not', null)
    .executeTakeFirst()
  return proven !== undefined
}

/**
 * Throws if the user belongs to another organization and not to this one: such a user becomes a member by an invitation
 * alone, since single sign-on that is required here would close the other organization to a user who was not asked.
 */
export async function assertConsented(tx: Tx, organizationId: string, userId: string): Promise<void> {
  const memberships = await tx
    .selectFrom('members')
    .select('organization_id')
    .where('user_id', '=', userId)
    .execute()
  const isMember = memberships.some(({ organization_id: id }) => id === organizationId)
  if (isMember || memberships.length === 0) return
  throw new ScimError(
    409,
    'uniqueness',
    'The user with this address belongs to another organization. Invite the user, and provision the user afterwards.',
  )
}

/** Throws a `ScimError` for who works for the API provider, about whom the provider of a customer decides nothing. */
export function assertMayBeMember(user: {
  operator_role: string | null
  deactivated_at: number | null
}): void {
  if (user.operator_role === null && user.deactivated_at === null) return
  throw new ScimError(
    409,
    'uniqueness',
    'The user with this address works for the API provider, or is deactivated there. Leave the user out.',
  )
}

/** The same for a user who comes back. */
export async function assertActivatable(tx: Tx, { userId }: ScimUser): Promise<void> {
  const account = await tx
    .selectFrom('users')
    .select(['operator_role', 'deactivated_at'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  assertMayBeMember(account)
}

/** Returns whether no other organization, and not the API provider, has to do with the account. */
export async function isAlone(
  tx: Tx,
  organizationId: string,
  { userId, operatorRole }: Pick<ScimUser, 'userId' | 'operatorRole'>,
): Promise<boolean> {
  if (operatorRole !== null) return false
  for (const table of ['members', 'scim_users'] as const) {
    const other = await tx
      .selectFrom(table)
      .select('id')
      .where('user_id', '=', userId)
      .where('organization_id', '!=', organizationId)
      .limit(1)
      .executeTakeFirst()
    if (other !== undefined) return false
  }
  return true
}

/** Throws `last_admin` for who keeps a password for the day on which the provider fails: it does not take them away. */
export async function assertNotLastPasswordAdmin(
  tx: Tx,
  accounts: { listPasswordAdmins(tx: Tx, organizationId: string): Promise<string[]> },
  organizationId: string,
  { role, accountAddress }: ScimUser,
): Promise<void> {
  if (role !== 'admin') return
  const [only, ...others] = await accounts.listPasswordAdmins(tx, organizationId)
  if (only !== accountAddress || others.length > 0) return
  throw new PosternError(
    'last_admin',
    'This is the last admin who may sign in with a password. Name another one under Single sign-on first.',
  )
}
