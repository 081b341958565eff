import { recordAudit } from '../audit/record-audit.ts'
import type { ListedMember, MemberView } from '../contract/member.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

const paging = createPaging('members', [cursorParts.name])

/** A membership: by its own ID or by that of the user. */
export type MembershipKey = { organizationId: string } & ({ memberId: string } | { userId: string })

/** Creates the store of the members of organizations. An organization always has an admin. */
export function createMemberStore({ queries, transaction }: Database) {
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
    async changeRole(key: MembershipKey, role: MemberRole, { actor, now }: Act): Promise<void> {
      await transaction(async (tx) => {
        const member = await getRow(tx, key)
        if (member.role === role) return
        if (member.role === 'admin') await endAdmin(tx, member, now)
        await tx.updateTable('members').set({ role }).where('id', '=', member.id).execute()
        const subject = { subjectKind: 'person', subjectId: member.user_id }
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'member.role_changed', organizationId: key.organizationId, ...subject },
            ...{ before: { role: member.role }, after: { role } },
          },
          now,
        )
      })
    },

    /** Ends the membership, by another user or by the member. Throws `not_found` or `last_admin`. */
    async remove(
      key: MembershipKey,
      action: 'member.removed' | 'member.left',
      { actor, now }: Act,
    ): Promise<void> {
      await transaction(async (tx) => {
        const member = await getRow(tx, key)
        if (member.role === 'admin') await endAdmin(tx, member, now)
        await tx.deleteFrom('members').where('id', '=', member.id).execute()
        const subject = { subjectKind: 'person', subjectId: member.user_id }
        await recordAudit(
          tx,
          {
            ...{ actor, action, organizationId: key.organizationId, ...subject },
            before: { role: member.role },
          },
          now,
        )
      })
    },
  }
}

/**
 * Ends all memberships of a user who is erased. Throws `last_admin` if an organization that is not closed would have none.
 */
export async function removeMemberships(tx: Tx, userId: string, { actor, now }: Act): Promise<void> {
  const own = await selectMembers(tx)
    .innerJoin('organizations', 'organizations.id', 'members.organization_id')
    .select('organizations.status as organization_status')
    .where('user_id', '=', userId)
    .execute()
  for (const member of own) {
    if (member.role === 'admin' && member.organization_status !== 'closed') await endAdmin(tx, member, now)
    await tx.deleteFrom('members').where('id', '=', member.id).execute()
    const subject = { subjectKind: 'person', subjectId: userId }
    await recordAudit(
      tx,
      {
        ...{ actor, action: 'member.removed', organizationId: member.organization_id, ...subject },
        before: { role: member.role },
      },
      now,
    )
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

/**
 * Ends the invitations of an admin who is about to lose the role. Throws `last_admin` if there is no other; no other
 * transaction that records a change runs at the same time.
 */
async function endAdmin(
  tx: Tx,
  { id, organization_id, user_id }: Pick<MemberRow, 'id' | 'organization_id' | 'user_id'>,
  now: number,
): Promise<void> {
  const other = await tx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('members.id')
    .where('organization_id', '=', organization_id)
    .where('role', '=', 'admin')
    .where('members.id', '!=', id)
    .where('deactivated_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (other === undefined)
    throw new PosternError(
      'last_admin',
      'This is the last admin of the organization. Make another member an admin first.',
    )
  await tx
    .updateTable('invitations')
    .set({ ended_at: now, ended_as: 'void' })
    .where('organization_id', '=', organization_id)
    .where('invited_by', '=', user_id)
    .where('invited_as', '=', 'person')
    .where('ended_at', 'is', null)
    .execute()
}

const toView = ({ id, email, name, role, created_at }: MemberRow): MemberView => ({
  ...{ id, email, name, role },
  joinedAt: toText(created_at),
})
