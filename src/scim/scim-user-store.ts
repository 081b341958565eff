import { type Expression, type SqlBool, sql } from 'kysely'
import type { MemberRole, OperatorRole } from '../contract/roles.ts'
import { ScimError } from '../shapes/scim-error.ts'
import type { Database, Queries } from '../storage/database.ts'
import type { Comparison } from './path.ts'
import { highestOf, type ScimPerson, type ScimProfile } from './scim-person.ts'

/** A user as SCIM shows it, and what is known of the account behind it. */
export interface ScimUser extends ScimPerson {
  id: string
  userId: string
  active: boolean
  /** One at least, the present one among them. */
  roles: readonly MemberRole[]
  /** The address that the provider last gave, and that of the account. */
  address: string
  accountAddress: string
  accountName: string
  operatorRole: OperatorRole | null
  /** The role of the member; null where the user is not active. */
  role: MemberRole | null
  createdAt: number
  updatedAt: number
}

/** Which part of a list is wanted; the first user is 1 (RFC 7644, section 3.4.2.4). */
export interface ScimRange {
  startIndex: number
  count: number
}

/** Creates the store that reads the users whom the providers of organizations provision. */
export function createScimUserStore({ queries }: Pick<Database, 'queries'>) {
  return {
    /** Throws a `ScimError`. */
    get: (organizationId: string, id: string): Promise<ScimUser> => getUser(queries, organizationId, id),

    /** Lists users in the order in which they were created. Throws a `ScimError` for a filter of another attribute. */
    async list(
      organizationId: string,
      filter: readonly Comparison[],
      { startIndex, count }: ScimRange,
    ): Promise<{ total: number; users: ScimUser[] }> {
      const chosen = filter.reduce(
        (query, one) => query.where(toCondition(one)),
        selectUsers(queries).where('scim_users.organization_id', '=', organizationId),
      )
      const { total } = await chosen
        .clearSelect()
        .select((e) => e.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      if (count === 0) return { total: Number(total), users: [] }
      const rows = await chosen
        .orderBy('scim_users.id')
        .offset(startIndex - 1)
        .limit(count)
        .execute()
      return { total: Number(total), users: rows.map(toUser) }
    },
  }
}

export type ScimUserStore = ReturnType<typeof createScimUserStore>

/** Throws a `ScimError`. */
export async function getUser(queries: Queries, organizationId: string, id: string): Promise<ScimUser> {
  const row = await selectUsers(queries)
    .where('scim_users.organization_id', '=', organizationId)
    .where('scim_users.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new ScimError(404, undefined, 'There is no user with this id.')
  return toUser(row)
}

const selectUsers = (queries: Queries) =>
  queries
    .selectFrom('scim_users')
    .innerJoin('users', 'users.id', 'scim_users.user_id')
    .leftJoin('members', (join) =>
      join
        .onRef('members.organization_id', '=', 'scim_users.organization_id')
        .onRef('members.user_id', '=', 'scim_users.user_id'),
    )
    .select([
      'scim_users.id',
      'scim_users.user_id',
      'user_name',
      'external_id',
      'address',
      'profile',
      'roles',
    ])
    .select(['scim_users.created_at', 'scim_users.updated_at'])
    .select(['users.email', 'users.name', 'operator_role', 'deactivated_at', 'members.role'])

type Row = Awaited<ReturnType<ReturnType<typeof selectUsers>['executeTakeFirstOrThrow']>>

function toUser(row: Row): ScimUser {
  const profile = JSON.parse(row.profile) as ScimProfile
  const given = JSON.parse(row.roles) as MemberRole[]
  const active = row.role !== null && row.deactivated_at === null
  // An admin of the organization, or single sign-on, may have given another role since.
  const isGiven = given.length > 0 && (row.role === null || highestOf(given) === row.role)
  return {
    ...profile,
    id: row.id,
    userId: row.user_id,
    userName: row.user_name,
    externalId: row.external_id,
    active,
    roles: isGiven ? given : [row.role ?? 'viewer'],
    address: row.address,
    accountAddress: row.email,
    accountName: row.name,
    operatorRole: row.operator_role,
    role: active ? row.role : null,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  }
}

/** Text is compared as the attribute has it: `id` and `externalId` exactly (RFC 7643, section 3.1). */
function toCondition({ path, value }: Comparison): Expression<SqlBool> {
  const { attribute, filter, sub } = path
  const name = sub === undefined ? attribute : `${attribute}.${sub}`
  const text = String(value)
  const isPlain = filter === undefined
  if (isPlain && name === 'username') return sql`user_name_key = ${text.toLowerCase()}`
  if (isPlain && name === 'externalid') return sql`external_id = ${text}`
  if (isPlain && name === 'id') return sql`scim_users.id = ${text}`
  if (isPlain && name === 'active' && typeof value === 'boolean')
    return value
      ? sql`(members.id is not null and deactivated_at is null)`
      : sql`(members.id is null or deactivated_at is not null)`
  if (name === 'emails' || name === 'emails.value')
    return (filter ?? []).every(isOfWork) ? sql`address = ${text.toLowerCase()}` : sql`1 = 0`
  throw new ScimError(
    400,
    'invalidFilter',
    'Users are found by userName, externalId, id, emails.value and active. Filter by one of them.',
  )
}

/** The one address that is kept is primary, and for work. */
const isOfWork = ({ path, value }: Comparison): boolean =>
  path.sub === undefined &&
  ((path.attribute === 'type' && String(value).toLowerCase() === 'work') ||
    (path.attribute === 'primary' && String(value).toLowerCase() === 'true'))
