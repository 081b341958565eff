import { recordAudit } from '../audit/record-audit.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { ScimError } from '../shapes/scim-error.ts'
import type { Database, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import {
  assertActivatable,
  assertConsented,
  assertMayBeMember,
  assertNotLastPasswordAdmin,
  assertProven,
  isAlone,
  isProven,
} from './provider-rights-store.ts'
import { addressOf, highestOf, nameOf, type ScimPerson } from './scim-person.ts'
import { getUser, type ScimUser } from './scim-user-store.ts'

interface MemberKey {
  organizationId: string
  userId: string
}

/** What provisioning needs of other nouns, in the transaction of its change. */
export interface ProvisioningNeeds {
  database: Database
  memberships: {
    /** Throws `people_limit_reached`. */
    add(tx: Tx, key: MemberKey, role: MemberRole, act: Act): Promise<void>
    /** Throws `last_admin`. */
    changeRole(tx: Tx, key: MemberKey, role: MemberRole, act: Act): Promise<void>
    /** Ends the membership, and what the user could do with it. Throws `last_admin`. */
    remove(tx: Tx, key: MemberKey, act: Act): Promise<void>
  }
  accounts: {
    /** Creates a user without a password. Returns the ID. */
    insert(tx: Tx, user: { email: string; name: string }, now: number): Promise<string>
    rename(tx: Tx, userId: string, names: { before: string; after: string }, act: Act): Promise<void>
    changeAddress(tx: Tx, userId: string, emails: { before: string; after: string }, act: Act): Promise<void>
    /** Returns the addresses of the admins whom single sign-on excepts, and who can sign in with a password. */
    listPasswordAdmins(tx: Tx, organizationId: string): Promise<string[]>
  }
}

/** A change of one user. */
interface Change {
  organizationId: string
  id: string
  /** Throws if the request is about another version of the user. */
  assertCurrent(user: ScimUser): void
}

const day = 86_400_000
/** Users that an organization may have in SCIM, deactivated ones among them. */
const maxUsers = 10_000
/** New accounts per day and organization: accounts stay when a membership ends. */
const maxNewAccounts = 2000

/** Creates the store of changes that the providers of organizations make to their users. */
export function createProvisioningStore(needs: ProvisioningNeeds) {
  const { transaction } = needs.database
  return {
    /**
     * Provisions a user: creates an account, or adds the membership of the user with this address, or takes over a
     * member. Throws a `ScimError`, `people_limit_reached`, and `last_admin`.
     */
    create(organizationId: string, person: ScimPerson, act: Act): Promise<ScimUser> {
      return transaction(async (tx) => {
        const address = addressOf(person)
        await assertRoom(tx, organizationId)
        await assertProven(tx, organizationId, address)
        await assertUnique(tx, organizationId, person)
        const { userId, isNewUser } = await findOrInsertUser(
          tx,
          needs,
          { organizationId, person, address },
          act,
        )
        const id = newId('scimUser', act.now)
        await tx
          .insertInto('scim_users')
          .values({
            ...{ id, organization_id: organizationId, user_id: userId, created_at: act.now },
            ...toColumns(person, address, act.now),
          })
          .execute()
        const created = { action: 'scim.user_created', after: { isNewUser } }
        await record(tx, { organizationId, userId }, created, act)
        const present = await getUser(tx, organizationId, id)
        await setMembership(
          tx,
          needs,
          { organizationId, user: present, person, isActive: person.active ?? true },
          act,
        )
        return getUser(tx, organizationId, id)
      })
    },

    /**
     * Changes a user; `toPerson` gives what the provider wants from what there is. A user who is deactivated keeps the
     * rest, so that nothing else of the request can prevent it. Throws as `create`.
     */
    change(
      { organizationId, id, assertCurrent }: Change,
      toPerson: (user: ScimUser) => ScimPerson,
      act: Act,
    ): Promise<ScimUser> {
      return transaction(async (tx) => {
        const user = await getUser(tx, organizationId, id)
        assertCurrent(user)
        const wanted = toPerson(user)
        const isActive = wanted.active ?? user.active
        const isLeaving = user.active && !isActive
        const person = isLeaving ? user : { ...wanted, roles: wanted.roles ?? user.roles }
        const changed = listChanged(user, person)
        if (changed.length === 0 && isActive === user.active) return user
        const address = isLeaving ? user.address : addressOf(person)
        if (isActive) await prepareActive(tx, needs, { organizationId, user, person, address }, act)
        else if (address !== user.address) throw inactiveAddress()
        await assertUnique(tx, organizationId, person, id)
        const { roles, ...columns } = toColumns(person, address, act.now)
        // Roles that the provider has not given, such as one that an admin gave, are not noted as given by it.
        const isGiven = String(person.roles) !== String(user.roles)
        await tx
          .updateTable('scim_users')
          .set({ ...columns, ...(isGiven && { roles }) })
          .where('id', '=', id)
          .execute()
        if (changed.length > 0) {
          const updated = { action: 'scim.user_updated', after: { changed } }
          await record(tx, { organizationId, userId: user.userId }, updated, act)
        }
        await setMembership(tx, needs, { organizationId, user, person, isActive }, act)
        return getUser(tx, organizationId, id)
      })
    },

    /** Ends the membership and forgets the user. Throws a `ScimError` and `last_admin`. */
    delete({ organizationId, id, assertCurrent }: Change, act: Act): Promise<void> {
      return transaction(async (tx) => {
        const user = await getUser(tx, organizationId, id)
        assertCurrent(user)
        await setMembership(tx, needs, { organizationId, user, person: user, isActive: false }, act)
        await tx.deleteFrom('scim_users').where('id', '=', id).execute()
        await record(tx, { organizationId, userId: user.userId }, { action: 'scim.user_deleted' }, act)
      })
    },
  }
}

export type ProvisioningStore = ReturnType<typeof createProvisioningStore>

const toColumns = (person: ScimPerson, address: string, now: number) => {
  const { userName, externalId, displayName, formatted, givenName, familyName, email, roles } = person
  return {
    user_name: userName,
    user_name_key: userName.toLowerCase(),
    external_id: externalId,
    address,
    profile: JSON.stringify({ displayName, formatted, givenName, familyName, email }),
    roles: JSON.stringify(roles ?? []),
    updated_at: now,
  }
}

const kept = [
  'userName',
  'externalId',
  'displayName',
  'formatted',
  'givenName',
  'familyName',
  'email',
] as const
const listChanged = (user: ScimPerson, person: ScimPerson): string[] => [
  ...kept.filter((name) => user[name] !== person[name]),
  ...(String(user.roles) === String(person.roles) ? [] : ['roles']),
]

async function assertRoom(tx: Tx, organizationId: string): Promise<void> {
  const { present } = await tx
    .selectFrom('scim_users')
    .select((e) => e.fn.countAll<number>().as('present'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow()
  if (Number(present) < maxUsers) return
  throw new ScimError(
    409,
    undefined,
    `The organization has ${maxUsers} users in SCIM, deactivated ones among them. Delete users who left.`,
  )
}

async function assertUnique(
  tx: Tx,
  organizationId: string,
  { userName, externalId }: ScimPerson,
  except = '',
): Promise<void> {
  const others = tx
    .selectFrom('scim_users')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '!=', except)
  const named = await others.where('user_name_key', '=', userName.toLowerCase()).executeTakeFirst()
  if (named !== undefined) throw taken('userName')
  if (externalId === null) return
  const known = await others.where('external_id', '=', externalId).executeTakeFirst()
  if (known !== undefined) throw taken('externalId')
}

const taken = (name: string) =>
  new ScimError(
    409,
    'uniqueness',
    `Another user of the organization has this ${name}. Find that user with a filter.`,
  )

interface Place {
  organizationId: string
  person: ScimPerson
  address: string
}

async function findOrInsertUser(
  tx: Tx,
  { accounts }: ProvisioningNeeds,
  { organizationId, person, address }: Place,
  { now }: Act,
): Promise<{ userId: string; isNewUser: boolean }> {
  const found = await tx
    .selectFrom('users')
    .select(['id', 'operator_role', 'deactivated_at'])
    .where('email', '=', address)
    .executeTakeFirst()
  if (found === undefined) {
    const budget = { subject: `scim-users:${organizationId}`, spanMs: day, most: maxNewAccounts }
    if (!(await spendBudget(tx, budget, now))) throw tooManyAccounts(now)
    const user = { email: address, name: nameOf(person, address) }
    return { userId: await accounts.insert(tx, user, now), isNewUser: true }
  }
  assertMayBeMember(found)
  await assertConsented(tx, organizationId, found.id)
  const other = await tx
    .selectFrom('scim_users')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', found.id)
    .executeTakeFirst()
  if (other !== undefined) throw taken('email address')
  return { userId: found.id, isNewUser: false }
}

const tooManyAccounts = (now: number) =>
  new PosternError('too_many_requests', `At most ${maxNewAccounts} accounts are created in a day.`, {
    retryAfterSeconds: Math.ceil((day - (now % day)) / 1000),
  })

/** Brings the account of a user who is active, or is going to be, to what the provider says, as far as it may. */
async function prepareActive(
  tx: Tx,
  { accounts }: ProvisioningNeeds,
  { organizationId, user, person, address }: Place & { user: ScimUser },
  act: Act,
): Promise<void> {
  if (!user.active) {
    await assertProven(tx, organizationId, address)
    await assertActivatable(tx, user)
    await assertConsented(tx, organizationId, user.userId)
  }
  const isMoved = address !== user.address
  if (isMoved) await assertProven(tx, organizationId, address)
  if (isMoved && address !== user.accountAddress) {
    if (
      !(await isAlone(tx, organizationId, user)) ||
      !(await isProven(tx, organizationId, user.accountAddress))
    )
      throw ofOthersToo()
    const other = await tx.selectFrom('users').select('id').where('email', '=', address).executeTakeFirst()
    if (other !== undefined) throw taken('email address')
    await accounts.changeAddress(tx, user.userId, { before: user.accountAddress, after: address }, act)
  }
  const name = nameOf(person, address)
  if (name === nameOf(user, user.address) || name === user.accountName) return
  if (await isAlone(tx, organizationId, user))
    await accounts.rename(tx, user.userId, { before: user.accountName, after: name }, act)
}

const ofOthersToo = () =>
  new ScimError(
    400,
    'mutability',
    'The user belongs to another organization too, or has an address outside of your domains: only the user can change the address, on the page Account.',
  )
const inactiveAddress = () =>
  new ScimError(
    400,
    'mutability',
    'The address of a user who is not active cannot be changed. Activate the user first.',
  )

interface Wanted {
  organizationId: string
  user: ScimUser
  person: ScimPerson
  isActive: boolean
}

/** Begins, changes or ends the membership. */
async function setMembership(
  tx: Tx,
  needs: ProvisioningNeeds,
  { organizationId, user, person, isActive }: Wanted,
  act: Act,
): Promise<void> {
  const { memberships } = needs
  const key = { organizationId, userId: user.userId }
  if (!isActive) {
    if (user.role === null) return
    await assertNotLastPasswordAdmin(tx, needs.accounts, organizationId, user)
    return memberships.remove(tx, key, act)
  }
  const role = highestOf(person.roles ?? user.roles)
  if (user.role === null) return memberships.add(tx, key, role, act)
  if (role === user.role) return
  await assertNotLastPasswordAdmin(tx, needs.accounts, organizationId, user)
  return memberships.changeRole(tx, key, role, act)
}

/** Names stay out of the audit log: they are the user's, and the subject says who it is. */
const record = (
  tx: Tx,
  { organizationId, userId }: MemberKey,
  change: { action: string; after?: Record<string, unknown> },
  { actor, now }: Act,
) => recordAudit(tx, { actor, organizationId, subjectKind: 'person', subjectId: userId, ...change }, now)
