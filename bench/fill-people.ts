import { randomBytes } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import { sql } from 'kysely'
import { hashToken } from '../src/accounts/session-store.ts'
import { type MemberRole, memberRoles } from '../src/contract/roles.ts'
import type { Database, Tx } from '../src/storage/database.ts'
import { newId } from '../src/storage/id.ts'
import type { PeopleTables } from '../src/storage/tables/people-tables.ts'

/** How much a store is filled with. */
export interface PeopleSize {
  organizations: number
  users: number
  /** Members of the organization {@link crowdSlug}; the others have 5 to 15. */
  crowd: number
}

/** A user with a password of their own. */
export interface KnownUser {
  email: string
  password: string
  /** An organization of which the user is an admin. */
  slug: string
}

/** The users who are measured: admins of the large organization, admins of others, and operators. */
export interface KnownPeople {
  crowd: KnownUser[]
  others: KnownUser[]
  operators: KnownUser[]
}

export const crowdSlug = 'crowd'
const day = 86_400_000
const rowsPerInsert = 500
const openInvitations = { crowd: 100, other: 3 }

/**
 * Fills a migrated store with organizations, their members, a session of each user and open invitations; `known` users of
 * each kind have a password of their own, which takes a slow hash each, and the others share one that nobody knows.
 */
export async function fillPeople(
  database: Database,
  size: PeopleSize,
  known: number,
  now: number,
): Promise<KnownPeople> {
  const organizations = Array.from({ length: size.organizations }, (_, index) => ({
    id: newId('organization', now - 800 * day + index),
    slug: index === 0 ? crowdSlug : `customer-${index}`,
    legal_name: index === 0 ? 'Łódź Płatności S.A.' : `Customer ${index} Ltd`,
    ...{ country: 'GB', state: '', created_at: now - 800 * day + index },
  }))
  const users = Array.from({ length: size.users }, (_, index) => toUser(index, now))
  const operators = Array.from({ length: known }, (_, index) => ({
    ...toUser(size.users + index, now),
    operator_role: 'operator',
  }))
  const members = [...spread(size)].map(({ organization, user, role }, index) => ({
    id: newId('member', now - 400 * day + index),
    organization_id: organizations[organization]?.id ?? '',
    user_id: users[user]?.id ?? '',
    ...{ role, created_at: now - 400 * day + index },
  }))
  const slugs = new Map(organizations.map(({ id, slug }) => [id, slug]))
  const admins = members.filter(({ role }) => role === 'admin')
  const inCrowd = admins.filter(({ organization_id: id }) => slugs.get(id) === crowdSlug)
  const elsewhere = admins.filter(({ organization_id: id }) => slugs.get(id) !== crowdSlug)
  const step = Math.max(1, Math.floor(elsewhere.length / known))
  const chosen = [
    ...inCrowd.slice(0, known),
    ...elsewhere.filter((_, index) => index % step === 0).slice(0, known),
  ].map(({ user_id: id, organization_id: organization }) => ({ id, slug: slugs.get(organization) ?? '' }))
  const passwords = new Map<string, string>()
  for (const { id } of [...chosen, ...operators]) passwords.set(id, `known password ${passwords.size}`)
  const shared = await hashPassword(randomBytes(32).toString('hex'))
  const everyone = [...users, ...operators]
  const accounts = await Promise.all(
    everyone.map(async ({ id, created_at: at }) => {
      const own = passwords.get(id)
      const password = own === undefined ? shared : await hashPassword(own)
      const dates = { created_at: at, updated_at: at }
      return {
        ...{ id: newId('account', now), account_id: id, provider_id: 'credential', user_id: id, password },
        ...dates,
      }
    }),
  )
  await database.patient.transaction().execute(async (tx) => {
    await insert(tx, 'organizations', organizations)
    await insert(tx, 'users', everyone)
    await insert(tx, 'accounts', accounts)
    await insert(tx, 'members', members)
    await insert(
      tx,
      'sessions',
      users.map((user, index) => toSession(user.id, now - (index % 3600) * 1000, now)),
    )
    const inviters = new Map(admins.map((admin) => [admin.organization_id, admin.user_id]))
    await insert(
      tx,
      'invitations',
      organizations.flatMap(({ id, slug }) =>
        Array.from({ length: slug === crowdSlug ? openInvitations.crowd : openInvitations.other }, (_, n) =>
          toInvitation({ id, slug, inviter: inviters.get(id) ?? '' }, n, now),
        ),
      ),
    )
  })
  // PostgreSQL makes its statistics itself, a while after such a change.
  if (database.engine === 'postgres') await sql`analyze`.execute(database.patient)
  const emails = new Map(everyone.map(({ id, email }) => [id, email]))
  const toKnown = ({ id, slug }: { id: string; slug: string }): KnownUser => ({
    ...{ email: emails.get(id) ?? '', password: passwords.get(id) ?? '', slug },
  })
  return {
    crowd: chosen.filter(({ slug }) => slug === crowdSlug).map(toKnown),
    others: chosen.filter(({ slug }) => slug !== crowdSlug).map(toKnown),
    operators: operators.map(({ id }) => toKnown({ id, slug: crowdSlug })),
  }
}

/** Deals users out: the first to the large organization, the others by 5 to 15; the last organizations share users. */
function* spread(size: PeopleSize): Generator<{ organization: number; user: number; role: MemberRole }> {
  const rest = size.users - size.crowd
  let next = 0
  for (let organization = 0; organization < size.organizations; organization += 1) {
    const count = organization === 0 ? size.crowd : 5 + ((organization * 7) % 11)
    for (let place = 0; place < count; place += 1) {
      const user = organization === 0 ? place : size.crowd + (next++ % rest)
      const isAdmin = place === 0 || (organization === 0 && place < size.crowd / 10)
      yield { organization, user, role: isAdmin ? 'admin' : (memberRoles[place % 2] as MemberRole) }
    }
  }
}

const toUser = (index: number, now: number) => {
  const at = new Date(now - 400 * day + index).toISOString()
  return {
    id: newId('user', now - 400 * day + index),
    email: `user${index}@people.example`,
    name: `User ${index}`,
    ...{ email_verified: 1, must_change_password: 0, operator_role: null, created_at: at, updated_at: at },
  }
}

const toSession = (userId: string, usedAt: number, now: number) => ({
  id: newId('session', usedAt),
  user_id: userId,
  token_sha256: hashToken(randomBytes(32).toString('base64url')),
  expires_at: new Date(now + day / 2).toISOString(),
  ...{ ip_address: '192.0.2.1', user_agent: 'Mozilla/5.0' },
  created_at: new Date(usedAt).toISOString(),
  updated_at: new Date(usedAt).toISOString(),
})

const toInvitation = (
  { id, slug, inviter }: { id: string; slug: string; inviter: string },
  number: number,
  now: number,
) => ({
  id: newId('invitation', now - number),
  organization_id: id,
  email: `invited${number}@${slug}.example`,
  role: 'viewer' as const,
  token_sha256: hashToken(randomBytes(32).toString('base64url')),
  ...{ invited_by: inviter, invited_as: 'person' as const, inviter_email: 'admin@people.example' },
  ...{ created_at: now - number, expires_at: now + 7 * day },
})

async function insert(tx: Tx, table: keyof PeopleTables, rows: readonly object[]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerInsert)
    await tx
      .insertInto(table)
      .values(rows.slice(start, start + rowsPerInsert) as never)
      .execute()
}
