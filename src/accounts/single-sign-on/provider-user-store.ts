import { recordAudit } from '../../audit/record-audit.ts'
import { PosternError } from '../../errors.ts'
import type { Act } from '../../shapes/act.ts'
import { domainOf } from '../../shapes/email-domain.ts'
import { notActive } from '../../shapes/organization.ts'
import type { Tx } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import type { MembershipChanges } from '../membership-store.ts'
import { insertUser } from '../password-store.ts'
import type { ProviderClaims } from './provider.ts'
import { providerOf } from './provider-id.ts'
import { findRole } from './role-of-claims.ts'
import type { Settings } from './single-sign-on-store.ts'

interface Entry {
  settings: Settings
  claims: ProviderClaims
  now: number
  /** The client address. */
  origin: string
}

/**
 * Creates the entry of users whom the provider of an organization has signed in. What it returns is called in the
 * transaction of their session, and gives the ID of the user whom issuer and `sub` identify. At the first sign-in it
 * links a member with the verified address of a proven domain, or creates a user. It gives the role of the claims. Throws
 * `single_sign_on_failed`, `single_sign_on_denied`, `single_sign_on_email_unsuitable`, `single_sign_on_address_taken`,
 * `people_limit_reached`, or what an organization that is not active answers.
 */
export function createProviderEntry(memberships: MembershipChanges) {
  return async (tx: Tx, entry: Entry): Promise<string> => {
    const { settings, claims } = entry
    await assertCurrent(tx, settings)
    const linked = await tx
      .selectFrom('accounts')
      .select('user_id')
      .where('provider_id', '=', providerOf(settings.organizationId, settings.issuer))
      .where('account_id', '=', claims.subject)
      .executeTakeFirst()
    if (linked === undefined) return enterFirst(tx, memberships, entry)
    await assertMayEnter(tx, linked.user_id)
    await setRole(tx, memberships, linked.user_id, entry)
    return linked.user_id
  }
}

/**
 * The provider was asked outside of the transaction: since then its organization may have replaced or deleted it, or
 * operators may have suspended the organization.
 */
async function assertCurrent(tx: Tx, { organizationId, updatedAt }: Settings): Promise<void> {
  const current = await tx
    .selectFrom('single_sign_on')
    .innerJoin('organizations', 'organizations.id', 'single_sign_on.organization_id')
    .select('organizations.status')
    .where('organization_id', '=', organizationId)
    .where('updated_at', '=', updatedAt)
    .executeTakeFirst()
  if (current === undefined)
    throw new PosternError(
      'single_sign_on_failed',
      'The single sign-on of the organization was changed in the meantime. Start again from the sign-in page.',
    )
  if (current.status !== 'active') throw notActive(current.status)
}

async function enterFirst(tx: Tx, memberships: MembershipChanges, entry: Entry): Promise<string> {
  const { settings, claims } = entry
  const email = await assertOwnAddress(tx, settings.organizationId, claims)
  const existing = await tx
    .selectFrom('users')
    .innerJoin('members', 'members.user_id', 'users.id')
    .select('users.id')
    .where('users.email', '=', email)
    .where('members.organization_id', '=', settings.organizationId)
    .executeTakeFirst()
  if (existing === undefined) {
    await assertUnused(tx, email)
    return createUser(tx, memberships, email, entry)
  }
  await assertMayEnter(tx, existing.id)
  await assertUnlinked(tx, existing.id, settings)
  await setRole(tx, memberships, existing.id, entry)
  await link(tx, { id: existing.id, email, isNewUser: false }, entry)
  await endOneTimePassword(tx, existing.id, entry.now)
  return existing.id
}

/** A one-time password that nobody has replaced would work until somebody does. */
async function endOneTimePassword(tx: Tx, userId: string, now: number): Promise<void> {
  const cleared = await tx
    .updateTable('users')
    .set({ must_change_password: 0 })
    .where('id', '=', userId)
    .where('must_change_password', '=', 1)
    .executeTakeFirst()
  if (cleared.numUpdatedRows === 0n) return
  await tx
    .updateTable('accounts')
    .set({ password: null, updated_at: new Date(now).toISOString() })
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .execute()
}

/** Returns the address of the claims in lower case. Throws unless it is verified and of a domain of the organization. */
async function assertOwnAddress(tx: Tx, organizationId: string, claims: ProviderClaims): Promise<string> {
  const email = claims.email?.toLowerCase()
  // A text such as "true" is not a statement of the provider that it has verified the address.
  if (email === undefined || claims.emailVerified !== true) throw unsuitable()
  const proven = await tx
    .selectFrom('single_sign_on_domains')
    .select('domain')
    .where('organization_id', '=', organizationId)
    .where('domain', '=', domainOf(email))
    .where('proven_at', 'is not', null)
    .executeTakeFirst()
  if (proven === undefined) throw unsuitable()
  return email
}

async function assertUnused(tx: Tx, email: string): Promise<void> {
  const other = await tx.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  if (other !== undefined) throw addressTaken()
}

/** A second `sub` with the same address is another person who got the address: it does not get the user. */
async function assertUnlinked(tx: Tx, userId: string, { organizationId, issuer }: Settings): Promise<void> {
  const other = await tx
    .selectFrom('accounts')
    .select('id')
    .where('user_id', '=', userId)
    .where('provider_id', '=', providerOf(organizationId, issuer))
    .executeTakeFirst()
  if (other !== undefined) throw addressTaken()
}

/** The provider of a customer signs in nobody who works for the API provider, and nobody who is deactivated. */
async function assertMayEnter(tx: Tx, userId: string): Promise<void> {
  const { operator_role: role, deactivated_at: deactivatedAt } = await tx
    .selectFrom('users')
    .select(['operator_role', 'deactivated_at'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  if (role !== null) throw denied('Sign in with your password. Operators cannot use single sign-on.')
  if (deactivatedAt !== null) throw denied('Your account is deactivated. Ask your API provider.')
}

/** Gives a member the role of the claims; the admins who keep a password, and a last admin, keep their role. */
async function setRole(
  tx: Tx,
  memberships: MembershipChanges,
  userId: string,
  { settings, claims, now, origin }: Entry,
): Promise<void> {
  const key = { organizationId: settings.organizationId, userId }
  const member = await tx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['members.id', 'email'])
    .where('organization_id', '=', key.organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (member === undefined)
    throw denied('You are not a member of this organization any more. Ask one of its admins.')
  if (settings.roleClaim === null || settings.passwordAdmins.includes(member.email)) return
  const role = findRole(settings, claims.roles)
  if (role === null) throw noRole()
  const actor = toActor({ id: userId, email: member.email }, origin)
  try {
    await memberships.changeRole(tx, key, role, { actor, now })
  } catch (error) {
    if (error instanceof PosternError && error.code === 'last_admin') return
    throw error
  }
}

async function createUser(
  tx: Tx,
  memberships: MembershipChanges,
  email: string,
  entry: Entry,
): Promise<string> {
  const { settings, claims, now, origin } = entry
  const role = findRole(settings, claims.roles)
  if (role === null) throw noRole()
  const user = { email, name: claims.name ?? email, operatorRole: null, mustChangePassword: false }
  const id = await insertUser(tx, user, undefined, now)
  const act: Act = { actor: toActor({ id, email }, origin), now }
  await memberships.add(tx, { organizationId: settings.organizationId, userId: id }, role, act)
  await link(tx, { id, email, isNewUser: true }, entry)
  return id
}

async function link(
  tx: Tx,
  user: { id: string; email: string; isNewUser: boolean },
  { settings, claims, now, origin }: Entry,
): Promise<void> {
  const { issuer, organizationId } = settings
  const at = new Date(now).toISOString()
  await tx
    .insertInto('accounts')
    .values({
      id: newId('account', now),
      account_id: claims.subject,
      provider_id: providerOf(organizationId, issuer),
      user_id: user.id,
      created_at: at,
      updated_at: at,
    })
    .execute()
  await recordAudit(
    tx,
    {
      ...{ actor: toActor(user, origin), action: 'single_sign_on.linked', organizationId },
      ...{ subjectKind: 'person', subjectId: user.id },
      after: { issuer, subject: claims.subject, isNewUser: user.isNewUser },
    },
    now,
  )
}

const toActor = ({ id, email }: { id: string; email: string }, origin: string) => ({
  ...{ kind: 'person' as const, id, name: email, origin },
})

const denied = (sentence: string) => new PosternError('single_sign_on_denied', sentence)
const noRole = () =>
  denied('Your OpenID provider gives you no role here. Ask an admin of your organization for one.')
const unsuitable = () =>
  new PosternError(
    'single_sign_on_email_unsuitable',
    'The OpenID provider has to confirm an email address of a domain that the organization has proven (email and email_verified). Ask an admin of your organization.',
  )
const addressTaken = () =>
  new PosternError(
    'single_sign_on_address_taken',
    'Another user has this email address. Ask an admin of the organization to invite that user, or to change the address.',
  )
