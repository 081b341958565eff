import { recordAudit } from '../audit/record-audit.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { EndedMembership } from '../shapes/ended-membership.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPeopleLimit } from './organization-limit-store.ts'

interface MemberKey {
  organizationId: string
  userId: string
}

/** Tells a user that a membership ends; called while it still is there. */
export type TellOfEnd = (tx: Tx, ended: EndedMembership, act: Act) => Promise<void>

/** A membership that is about to end or to change. */
interface MembershipRow {
  id: string
  organization_id: string
  user_id: string
  role: MemberRole
}

/**
 * Creates the changes of memberships inside of a transaction of others, such as a sign-in through a provider.
 * `defaults` has the limit of members of an organization for which operators set none.
 */
export function createMembershipChanges(defaults: { readonly maxPeople: number }, tellOfEnd: TellOfEnd) {
  const assertRoomForPerson = createPeopleLimit(defaults)
  return {
    async add(tx: Tx, { organizationId, userId }: MemberKey, role: MemberRole, { actor, now }: Act) {
      await endInvitations(tx, { organizationId, userId }, now)
      await assertRoomForPerson(tx, organizationId, now)
      await tx
        .insertInto('members')
        .values({
          ...{ id: newId('member', now), organization_id: organizationId, user_id: userId },
          ...{ role, created_at: now },
        })
        .execute()
      await recordAudit(
        tx,
        {
          ...{ actor, action: 'member.added', organizationId },
          ...{ subjectKind: 'person', subjectId: userId, after: { role } },
        },
        now,
      )
    },
    async changeRole(tx: Tx, key: MemberKey, role: MemberRole, act: Act) {
      await changeMemberRole(tx, await getMember(tx, key), role, act)
    },
    async remove(tx: Tx, key: MemberKey, act: Act) {
      await removeMember(tx, await getMember(tx, key), 'member.removed', { ...act, tellOfEnd })
    },
  }
}

/** Throws `last_admin`. */
export async function changeMemberRole(
  tx: Tx,
  member: MembershipRow,
  role: MemberRole,
  { actor, now }: Act,
): Promise<void> {
  if (member.role === role) return
  if (member.role === 'admin') await endAdmin(tx, member, now)
  await tx.updateTable('members').set({ role }).where('id', '=', member.id).execute()
  const subject = { subjectKind: 'person', subjectId: member.user_id }
  await recordAudit(
    tx,
    {
      ...{ actor, action: 'member.role_changed', organizationId: member.organization_id, ...subject },
      ...{ before: { role: member.role }, after: { role } },
    },
    now,
  )
}

/** Ends a membership; tells the user unless `tellOfEnd` is left out. Throws `last_admin`, unless `evenLast`. */
export async function removeMember(
  tx: Tx,
  member: MembershipRow,
  action: 'member.removed' | 'member.left',
  { actor, now, evenLast = false, tellOfEnd }: Act & { evenLast?: boolean; tellOfEnd?: TellOfEnd },
): Promise<void> {
  if (member.role === 'admin' && !evenLast) await endAdmin(tx, member, now)
  const { id, organization_id: organizationId, user_id: userId } = member
  await tellOfEnd?.(tx, { id, organizationId, userId, hasLeft: action === 'member.left' }, { actor, now })
  await tx.deleteFrom('members').where('id', '=', member.id).execute()
  await endAccess(tx, member, action)
  const subject = { subjectKind: 'person', subjectId: member.user_id }
  await recordAudit(
    tx,
    {
      ...{ actor, action, organizationId: member.organization_id, ...subject },
      before: { role: member.role },
    },
    now,
  )
}

/**
 * Ends what must not work again if the user comes back: keys of the user that work in this organization alone, and the
 * sessions of a user who did not end the membership: those of its provider, and all where the user belongs to no other
 * organization. Whatever else the user has reaches the organization no longer, since every request reads the membership.
 * Operators keep the sessions, which are theirs by another right.
 */
async function endAccess(
  tx: Tx,
  { organization_id: organizationId, user_id: userId }: MembershipRow,
  action: 'member.removed' | 'member.left',
): Promise<void> {
  const { operator_role: operatorRole } = await tx
    .selectFrom('users')
    .select('operator_role')
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  const other = await tx
    .selectFrom('members')
    .select('id')
    .where('user_id', '=', userId)
    .limit(1)
    .executeTakeFirst()
  const isLast = other === undefined && operatorRole === null
  const keys = tx.deleteFrom('api_keys').where('user_id', '=', userId)
  await (isLast ? keys : keys.where('organization_id', '=', organizationId)).execute()
  if (action === 'member.left' || operatorRole !== null) return
  const sessions = tx.deleteFrom('sessions').where('user_id', '=', userId)
  await (isLast ? sessions : sessions.where('signed_in_by', '=', organizationId)).execute()
}

/**
 * Ends all memberships of a user who is erased, and gets no email about it. Throws `last_admin` if an organization that
 * is not closed would have none.
 */
export async function removeMemberships(tx: Tx, userId: string, act: Act): Promise<void> {
  const own = await tx
    .selectFrom('members')
    .innerJoin('organizations', 'organizations.id', 'members.organization_id')
    .select(['members.id', 'organization_id', 'user_id', 'role', 'organizations.status'])
    .where('user_id', '=', userId)
    .execute()
  for (const member of own)
    await removeMember(tx, member, 'member.removed', { ...act, evenLast: member.status === 'closed' })
}

/** Who becomes a member in another way needs no invitation, whose place would count twice. */
async function endInvitations(tx: Tx, { organizationId, userId }: MemberKey, now: number): Promise<void> {
  await tx
    .updateTable('invitations')
    .set({ ended_at: now, ended_as: 'replaced' })
    .where('organization_id', '=', organizationId)
    .where('email', '=', (e) => e.selectFrom('users').select('email').where('id', '=', userId))
    .where('ended_at', 'is', null)
    .execute()
}

async function getMember(tx: Tx, { organizationId, userId }: MemberKey): Promise<MembershipRow> {
  const row = await tx
    .selectFrom('members')
    .select(['id', 'organization_id', 'user_id', 'role'])
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
  return row
}

/**
 * Ends the invitations of an admin who is about to lose the role. Throws `last_admin` if there is no other; no other
 * transaction that records a change runs at the same time.
 */
async function endAdmin(tx: Tx, { id, organization_id, user_id }: MembershipRow, now: number): Promise<void> {
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
