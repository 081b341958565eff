import type { ListedMember, MemberView } from '../contract/member.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { changeMemberRole, removeMember, type TellOfEnd } from './membership-store.ts'

const paging = createPaging('members', [cursorParts.name])

/** A membership: by its own ID or by that of the user. */
export type MembershipKey = { organizationId: string } & ({ memberId: string } | { userId: string })

/** Creates the store of the members of organizations. An organization always has an admin. */
export function createMemberStore({ queries, transaction }: Database, tellOfEnd: TellOfEnd) {
  return {
    /** Lists the members in the order in which they joined. */
    async list(
      organizationId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<ListedMember>> {
      const rows = await selectMemberPage(queries, organizationId, { cursor, limit }).execute()
      return paging.toPage(
        rows,
        limit,
        (row) => [row.id],
        (row) => ({ ...toView(row), lastSeenAt: row.last_seen_at }),
      )
    },

    /** Throws `not_found`. */
    async get(organizationId: string, memberId: string): Promise<MemberView> {
      return toView(await getRow(queries, { organizationId, memberId }))
    },

    /** Changes the role. Throws `not_found` or `last_admin`. */
    async changeRole(key: MembershipKey, role: MemberRole, act: Act): Promise<void> {
      await transaction(async (tx) => {
        await changeMemberRole(tx, await getRow(tx, key), role, act)
      })
    },

    /** Ends the membership, by another user or by the member, and tells the user by email. Throws `not_found` or `last_admin`. */
    async remove(key: MembershipKey, action: 'member.removed' | 'member.left', act: Act): Promise<void> {
      await transaction(async (tx) => {
        await removeMember(tx, await getRow(tx, key), action, { ...act, tellOfEnd })
      })
    },
  }
}

export type MemberStore = ReturnType<typeof createMemberStore>

const selectMembers = (queries: Queries) =>
  queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['members.id', 'organization_id', 'user_id', 'email', 'name', 'role', 'members.created_at'])

/** Returns the query of one page, and one row more. */
export function selectMemberPage(
  queries: Queries,
  organizationId: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
) {
  const from = paging.findPosition(cursor)
  const query = selectMembers(queries)
    .select('last_seen_at')
    .where('organization_id', '=', organizationId)
    .orderBy('members.id')
    .limit(limit + 1)
  return from === undefined ? query : query.where('members.id', '>', from[0])
}

type MemberRow = Awaited<ReturnType<ReturnType<typeof selectMembers>['executeTakeFirstOrThrow']>>

async function getRow(queries: Queries, key: MembershipKey): Promise<MemberRow> {
  const own = selectMembers(queries).where('organization_id', '=', key.organizationId)
  const row = await ('memberId' in key
    ? own.where('members.id', '=', key.memberId)
    : own.where('user_id', '=', key.userId)
  ).executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
  return row
}

const toView = ({ id, email, name, role, created_at }: MemberRow): MemberView => ({
  ...{ id, email, name, role },
  joinedAt: toText(created_at),
})
