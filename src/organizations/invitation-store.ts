import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import { type InvitationView, invitationDays, maxOpenInvitations } from '../contract/invitation.ts'
import type { MemberRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toActorView } from '../shapes/actor.ts'
import type { InvitationNews } from '../shapes/invitation-news.ts'
import { toText } from '../shapes/moment.ts'
import type { Organization } from '../shapes/organization.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import type { InvitationRow } from '../storage/tables/people-tables.ts'
import { assertActive } from './assert-active.ts'
import { createInvitationToken, hashInvitationToken } from './invitation.ts'
import { countOpenInvitations, createPeopleLimit } from './organization-limit-store.ts'

const day = 86_400_000
/** Invitations that one user may send in a day, in all organizations. */
const maxPerInviter = 100
/** Invitations that one address gets in a day, of all organizations. */
const maxPerAddress = 10

/** Sends the email with the token, in the transaction of the invitation; false if the limits do not allow it. */
export interface InvitationMail {
  send(tx: Tx, invitation: InvitationNews, now: number): Promise<boolean>
}

const paging = createPaging('invitations', [cursorParts.name])

/** Creates the store of invitations as those see them who send them. */
export function createInvitationStore(
  { queries, transaction }: Database,
  mail: InvitationMail,
  defaults: { readonly maxPeople: number },
) {
  const assertRoomForPerson = createPeopleLimit(defaults)
  return {
    /**
     * Creates an invitation, sends its email and ends an open one to the same address; returns the ID. Throws
     * `already_member`, `invitation_limit_reached`, `people_limit_reached`, `invitation_rate_exceeded`, or what an
     * organization that is not active answers.
     */
    create(
      organization: Pick<Organization, 'id' | 'legalName'>,
      { email: given, role }: { email: string; role: MemberRole },
      { actor, now }: Act,
    ): Promise<string> {
      const email = given.toLowerCase()
      const token = createInvitationToken()
      const id = newId('invitation', now)
      const expiresAt = now + invitationDays * day
      const organizationId = organization.id
      const row = { id, organization_id: organizationId, email, role, created_at: now, expires_at: expiresAt }
      return transaction(async (tx) => {
        await assertInvitable(tx, organizationId, email)
        const replaces = await replaceOpen(tx, organizationId, email, now)
        await assertRoom(tx, organizationId, now)
        await assertRoomForPerson(tx, organizationId, now)
        await spend(tx, { inviter: actor.id, email }, now)
        await tx
          .insertInto('invitations')
          .values({
            ...row,
            token_sha256: hashInvitationToken(token),
            invited_by: actor.id,
            invited_as: actor.kind === 'operator' ? 'operator' : 'person',
            inviter_email: actor.name,
          })
          .execute()
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'invitation.created', organizationId },
            ...{ subjectKind: 'invitation', subjectId: id },
            after: { email, role, expiresAt: toText(expiresAt), replaces },
          },
          now,
        )
        const letter = { ...organization, organizationId, id, email, role, inviterEmail: actor.name }
        if (!(await mail.send(tx, { ...letter, token, expiresAt }, now))) throw tooMany()
        return id
      })
    },

    /** Lists the invitations that can be accepted, sent again or deleted, newest first. */
    async list(
      organizationId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
      now: number,
    ): Promise<Page<InvitationView>> {
      const from = paging.findPosition(cursor)
      let query = selectInvitations(queries)
        .where('organization_id', '=', organizationId)
        .where(isListed)
        .orderBy('id', 'desc')
        .limit(limit + 1)
      if (from !== undefined) query = query.where('id', '<', from[0])
      return paging.toPage(
        await query.execute(),
        limit,
        (row) => [row.id],
        (row) => toView(row, now),
      )
    },

    /** Throws `not_found`. */
    async get(organizationId: string, id: string, now: number): Promise<InvitationView> {
      return toView(await getRow(queries, organizationId, id), now)
    },

    /** Throws `not_found`, or `invitation_ended` if it was accepted, cancelled or replaced. */
    async cancel(organizationId: string, id: string, { actor, now }: Act): Promise<void> {
      await transaction(async (tx) => {
        const { email, role, ended_as } = await getRow(tx, organizationId, id)
        if (ended_as !== null && ended_as !== 'void')
          throw new PosternError(
            'invitation_ended',
            'The invitation was accepted, cancelled or replaced. Reload the list of invitations.',
          )
        await tx
          .updateTable('invitations')
          .set({ ended_at: now, ended_as: 'cancelled' })
          .where('id', '=', id)
          .execute()
        await recordAudit(
          tx,
          {
            ...{ actor, action: 'invitation.cancelled', organizationId },
            ...{ subjectKind: 'invitation', subjectId: id, before: { email, role } },
          },
          now,
        )
      })
    },
  }
}

export type InvitationStore = ReturnType<typeof createInvitationStore>

/** Whether the user who sent an invitation still has the right by which it was sent. */
const inviterMay = sql<number>`case when exists (
  select 1 from users where users.id = invitations.invited_by and users.deactivated_at is null and (
    (invitations.invited_as = 'operator' and users.operator_role = 'operator') or
    (invitations.invited_as = 'person' and exists (
      select 1 from members where members.user_id = users.id
        and members.organization_id = invitations.organization_id and members.role = 'admin'))
  )) then 1 else 0 end`

/** Selects invitations with the right of those who sent them. */
export const selectInvitations = (queries: Queries) =>
  queries.selectFrom('invitations').selectAll().select(inviterMay.as('inviter_may'))

type Row = InvitationRow & { inviter_may: number }

/** Returns the state of an invitation at `now`. */
export const findStatus = (
  { ended_as, inviter_may, expires_at }: Pick<Row, 'ended_as' | 'inviter_may' | 'expires_at'>,
  now: number,
): InvitationView['status'] => {
  if (ended_as !== null) return ended_as
  if (Number(inviter_may) !== 1) return 'void'
  return expires_at <= now ? 'expired' : 'open'
}

const isListed = sql<boolean>`(ended_at is null or ended_as = 'void')`

async function getRow(queries: Queries, organizationId: string, id: string): Promise<Row> {
  const row = await selectInvitations(queries)
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
  return row
}

async function assertInvitable(tx: Tx, organizationId: string, email: string): Promise<void> {
  const { status } = await tx
    .selectFrom('organizations')
    .select('status')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  assertActive(status)
  const member = await tx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('members.id')
    .where('organization_id', '=', organizationId)
    .where('email', '=', email)
    .executeTakeFirst()
  if (member !== undefined)
    throw new PosternError(
      'already_member',
      'A user with this address is already a member. Change the role of the member instead.',
    )
}

/** Ends what is listed for an address; returns the ID of the last one. */
async function replaceOpen(
  tx: Tx,
  organizationId: string,
  email: string,
  now: number,
): Promise<string | null> {
  const replaced = await tx
    .updateTable('invitations')
    .set({ ended_at: now, ended_as: 'replaced' })
    .where('organization_id', '=', organizationId)
    .where('email', '=', email)
    .where(isListed)
    .returning('id')
    .execute()
  return (
    replaced
      .map(({ id }) => id)
      .toSorted()
      .at(-1) ?? null
  )
}

async function assertRoom(tx: Tx, organizationId: string, now: number): Promise<void> {
  if ((await countOpenInvitations(tx, organizationId, now)) < maxOpenInvitations) return
  throw new PosternError(
    'invitation_limit_reached',
    `An organization can have ${maxOpenInvitations} open invitations. Cancel one, or wait until one is accepted or expires.`,
  )
}

/** Bounds the emails to strangers, beside the limits of emails of the organization. */
async function spend(tx: Tx, { inviter, email }: { inviter: string; email: string }, now: number) {
  for (const budget of [
    { subject: `invitations-by:${inviter}`, spanMs: day, most: maxPerInviter },
    { subject: `invitations-to:${email}`, spanMs: day, most: maxPerAddress },
  ])
    if (!(await spendBudget(tx, budget, now))) throw tooMany()
}

const tooMany = () =>
  new PosternError(
    'invitation_rate_exceeded',
    'You, your organization or others have sent too many invitations recently. Try again tomorrow.',
  )

const toView = (row: Row, now: number): InvitationView => ({
  id: row.id,
  email: row.email,
  role: row.role,
  status: findStatus(row, now),
  invitedBy: toActorView({ kind: row.invited_as, id: row.invited_by, name: row.inviter_email }),
  createdAt: toText(row.created_at),
  expiresAt: toText(row.expires_at),
})
