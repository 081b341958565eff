import { recordAudit } from '../audit/record-audit.ts'
import type { InvitationPreview } from '../contract/invitation.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { assertActive } from './assert-active.ts'
import { hashInvitationToken } from './invitation.ts'
import { findStatus, selectInvitations } from './invitation-store.ts'

/** A user who exists, or one who is created in the transaction of the acceptance. */
export type Acceptor<T> = { userId: string } | { insert(tx: Tx): Promise<{ userId: string } & T> }

/** An invitation as the holder of its token sees it. */
export interface OpenInvitation extends Omit<InvitationPreview, 'hasAccount'> {
  /** The user who has its address. */
  userId: string | undefined
}

/** Creates the store of invitations as those see them who have the token. */
export function createAcceptanceStore({ queries, transaction }: Database) {
  return {
    /** Throws `invitation_invalid`, or what an organization that is not active answers. */
    async find(token: string, now: number): Promise<OpenInvitation> {
      const { row, organization, userId } = await getOpen(queries, token, now)
      return {
        organization: { slug: organization.slug, legalName: organization.legal_name },
        ...{ email: row.email, role: row.role, invitedBy: row.inviter_email, userId },
        expiresAt: toText(row.expires_at),
      }
    },

    /**
     * Spends the token: makes the user a member, in one transaction with the creation of the user. Returns what
     * `insert` has given; undefined for a user who existed. Throws as `find`, `already_member`, or
     * `invitation_needs_sign_in` if the address has a user who is not the one who accepts.
     */
    accept<T>(
      token: string,
      acceptor: Acceptor<T>,
      { origin, now }: { origin: string; now: number },
    ): Promise<({ userId: string } & T) | undefined> {
      return transaction(async (tx) => {
        const { row, userId: present } = await getOpen(tx, token, now)
        if (present !== ('userId' in acceptor ? acceptor.userId : undefined)) throw needsSignIn(row.email)
        const created = 'insert' in acceptor ? await acceptor.insert(tx) : undefined
        const userId = created?.userId ?? (present as string)
        await insertMember(tx, { organizationId: row.organization_id, userId, role: row.role }, now)
        await tx
          .updateTable('invitations')
          .set({ ended_at: now, ended_as: 'accepted' })
          .where('id', '=', row.id)
          .execute()
        await record(tx, row, { userId, isNewUser: created !== undefined, origin, now })
        return created
      })
    },
  }
}

export type AcceptanceStore = ReturnType<typeof createAcceptanceStore>

/** The error if the holder of a token is not signed in as the user who has the address. */
export const needsSignIn = (email: string) =>
  new PosternError(
    'invitation_needs_sign_in',
    `A user with the address ${email} exists. Sign in as this user, then open the link again.`,
  )

const invalid = () =>
  new PosternError(
    'invitation_invalid',
    'This invitation was used, replaced or cancelled, or it has expired. Ask for a new one.',
  )

async function getOpen(queries: Queries, token: string, now: number) {
  const row = await selectInvitations(queries)
    .where('token_sha256', '=', hashInvitationToken(token))
    .executeTakeFirst()
  if (row === undefined || findStatus(row, now) !== 'open') throw invalid()
  const organization = await queries
    .selectFrom('organizations')
    .select(['slug', 'legal_name', 'status'])
    .where('id', '=', row.organization_id)
    .executeTakeFirstOrThrow()
  assertActive(organization.status)
  const user = await queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', row.email)
    .executeTakeFirst()
  return { row, organization, userId: user?.id }
}

async function insertMember(
  tx: Tx,
  { organizationId, userId, role }: { organizationId: string; userId: string; role: MemberRole },
  now: number,
): Promise<void> {
  const inserted = await tx
    .insertInto('members')
    .values({
      ...{ id: newId('member', now), organization_id: organizationId, user_id: userId },
      ...{ role, created_at: now },
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'user_id']).doNothing())
    .executeTakeFirst()
  if (inserted.numInsertedOrUpdatedRows === 0n)
    throw new PosternError('already_member', 'You are already a member of this organization.')
}

async function record(
  tx: Tx,
  row: { id: string; organization_id: string; email: string; role: MemberRole },
  { userId, isNewUser, origin, now }: { userId: string; isNewUser: boolean; origin: string; now: number },
): Promise<void> {
  const { email, role, organization_id: organizationId } = row
  const actor = { kind: 'person' as const, id: userId, name: email, origin }
  await recordAudit(
    tx,
    {
      ...{ actor, action: 'invitation.accepted', organizationId },
      ...{ subjectKind: 'invitation', subjectId: row.id, after: { email, role, isNewUser } },
    },
    now,
  )
  await recordAudit(
    tx,
    {
      ...{ actor, action: 'member.added', organizationId },
      ...{ subjectKind: 'person', subjectId: userId, after: { role } },
    },
    now,
  )
}
