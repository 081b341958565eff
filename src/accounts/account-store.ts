import { type AuditEntry, recordAudit } from '../audit/record-audit.ts'
import type {
  AccountChange,
  AccountView,
  EmailConfirmation,
  LinkPurpose,
  LinkView,
} from '../contract/account.ts'
import { linkPurposes } from '../contract/account.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Email } from '../shapes/email.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { writeNewAddressEmail, writeOldAddressEmail } from './account-emails.ts'
import { addLink, consumeLink, getUsableLink, linkInvalid, voidLinks } from './link-store.ts'
import { isOfRequiredProvider, mustUseProvider } from './single-sign-on/must-use-provider-store.ts'

const hour = 3_600_000
const day = 24 * hour
const emailChangesPerUser = { spanMs: day, most: 5 }
const confirmationsPerAddress = { spanMs: day, most: 3 }
const emailPurposes: readonly LinkPurpose[] = ['confirm_old_email', 'confirm_new_email']

/** What the accounts need of others. */
export interface AccountNeeds {
  database: Database
  portalUrl: string
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
}

/** Creates the store of users' own accounts. */
export function createAccountStore({ database, portalUrl, writeEmails }: AccountNeeds) {
  const { queries } = database
  const sendLink = async (
    tx: Tx,
    link: Parameters<typeof addLink>[2],
    now: number,
    compose: (to: { recipient: string; link: string; key: string }) => Email | undefined,
  ): Promise<void> => {
    const address = await addLink(tx, portalUrl, link, now)
    const email = compose({ recipient: '', link: address, key: `link:${newId('outgoingEmail', now)}` })
    if (email !== undefined) await writeEmails(tx, [email], now)
  }
  const get = (userId: string, now: number) => readAccount(queries, userId, now)

  return {
    get,

    /** Changes the name of a user and the time zone of dates in emails. */
    async update(userId: string, change: AccountChange, { actor, now }: Act): Promise<AccountView> {
      return database.transaction(async (tx) => {
        const before = await readAccount(tx, userId, now)
        const { name = before.name, timeZone = before.timeZone } = change
        if (change.timeZone !== undefined) await keepAnswer(tx, userId)
        if (before.name === name && before.timeZone === timeZone) return before
        await tx
          .updateTable('users')
          .set({ name, time_zone: timeZone, updated_at: toText(now) })
          .where('id', '=', userId)
          .execute()
        const changes = {
          before: {
            ...(before.name !== name && { name: before.name }),
            ...(before.timeZone !== timeZone && { timeZone: before.timeZone }),
          },
          after: { ...(before.name !== name && { name }), ...(before.timeZone !== timeZone && { timeZone }) },
        }
        await recordAudit(tx, { ...about(actor, userId, 'person.updated'), ...changes }, now)
        return { ...before, name, timeZone }
      })
    },

    /** Returns whether a user has never answered which time zone dates in emails have. */
    async isAskedTimeZone(userId: string): Promise<boolean> {
      const row = await findUnanswered(queries, userId)
      return row !== undefined
    },

    /** Sets the time zone of dates in emails for a user who has never answered; for others it changes nothing. */
    async answerTimeZone(userId: string, timeZone: string, { actor, now }: Act): Promise<AccountView> {
      return database.transaction(async (tx) => {
        const before = await readAccount(tx, userId, now)
        if ((await findUnanswered(tx, userId)) === undefined) return before
        await keepAnswer(tx, userId)
        await tx
          .updateTable('users')
          .set({ time_zone: timeZone, updated_at: toText(now) })
          .where('id', '=', userId)
          .execute()
        const changes = { before: { timeZone: before.timeZone }, after: { timeZone } }
        await recordAudit(tx, { ...about(actor, userId, 'person.updated'), ...changes }, now)
        return { ...before, timeZone }
      })
    },

    /**
     * Emails a link to the present and to the new address. A new address that has an account gets no email, which the
     * answer does not reveal. Throws `too_many_requests`, and `single_sign_on_required` for an address that would go around
     * the provider of an organization.
     */
    async requestEmailChange(userId: string, newEmail: string, { actor, now }: Act): Promise<AccountView> {
      return database.transaction(async (tx) => {
        const { email } = await readAccount(tx, userId, now)
        if (email === newEmail)
          throw new PosternError('bad_request', 'This is your present address. Enter another one.')
        await assertStaysWithProvider(tx, { id: userId, email }, newEmail)
        if (!(await spendBudget(tx, { subject: `email-changes:${userId}`, ...emailChangesPerUser }, now)))
          throw new PosternError(
            'too_many_requests',
            'You have asked for another address too often. Try again tomorrow.',
            { retryAfterSeconds: Math.ceil((day - (now % day)) / 1000) },
          )
        await voidLinks(tx, userId, emailPurposes)
        const link = { userId, newEmail, expiresAt: now + day }
        await sendLink(tx, { ...link, purpose: 'confirm_old_email' }, now, (to) =>
          writeOldAddressEmail({ ...to, recipient: email }, newEmail),
        )
        const isWanted =
          (await findByEmail(tx, newEmail)) === undefined &&
          (await spendBudget(
            tx,
            { subject: `email-confirmations:${newEmail}`, ...confirmationsPerAddress },
            now,
          ))
        await sendLink(tx, { ...link, purpose: 'confirm_new_email' }, now, (to) =>
          isWanted ? writeNewAddressEmail({ ...to, recipient: newEmail }) : undefined,
        )
        await recordAudit(
          tx,
          { ...about(actor, userId, 'person.email_change_requested'), after: { email: newEmail } },
          now,
        )
        return readAccount(tx, userId, now)
      })
    },

    /**
     * Confirms a new address for one side; the second one changes it. Throws `link_invalid` and
     * `single_sign_on_required`.
     */
    async confirmEmailChange(token: string, origin: string, now: number): Promise<EmailConfirmation> {
      const link = await getUsableLink(queries, token, now, emailPurposes)
      const { user, newEmail } = link
      if (newEmail === null) throw linkInvalid()
      const actor = { kind: 'person', id: user.id, name: user.email, origin } as const
      return database.transaction(async (tx) => {
        await consumeLink(tx, link, now)
        const confirmed = await tx
          .selectFrom('one_time_links')
          .select('purpose')
          .where('user_id', '=', user.id)
          .where('purpose', 'in', emailPurposes)
          .where('used_at', 'is not', null)
          .where('expires_at', '>', now)
          .execute()
        if (confirmed.length < emailPurposes.length) {
          const side = link.purpose === 'confirm_old_email' ? 'old' : 'new'
          await recordAudit(tx, { ...about(actor, user.id, 'person.email_confirmed'), after: { side } }, now)
          return { newEmail, isChanged: false }
        }
        if ((await findByEmail(tx, newEmail)) !== undefined) throw linkInvalid()
        await assertStaysWithProvider(tx, user, newEmail)
        await tx
          .updateTable('users')
          .set({ email: newEmail, updated_at: toText(now) })
          .where('id', '=', user.id)
          .execute()
        // A link to choose a password has gone to the old address.
        await voidLinks(tx, user.id, linkPurposes)
        const change = { before: { email: user.email }, after: { email: newEmail } }
        await recordAudit(tx, { ...about(actor, user.id, 'person.email_changed'), ...change }, now)
        return { newEmail, isChanged: true }
      })
    },

    /** Throws `link_invalid`. */
    async inspectLink(token: string, now: number): Promise<LinkView> {
      const { purpose, user, newEmail, expiresAt } = await getUsableLink(queries, token, now)
      return { purpose, email: user.email, newEmail, expiresAt: toText(expiresAt) }
    },
  }
}

export type AccountStore = ReturnType<typeof createAccountStore>

const about = (actor: Actor, userId: string, action: string): AuditEntry => ({
  actor,
  action,
  organizationId: null,
  subjectKind: 'person',
  subjectId: userId,
})

/** Finds the user unless they have answered; a release before the question keeps a time zone alone. */
const findUnanswered = (within: Queries, userId: string) =>
  within
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('has_answered_time_zone', '=', 0)
    .where('time_zone', 'is', null)
    .executeTakeFirst()

const keepAnswer = (tx: Tx, userId: string) =>
  tx.updateTable('users').set({ has_answered_time_zone: 1 }).where('id', '=', userId).execute()

const findByEmail = (within: Queries, email: string) =>
  within.selectFrom('users').select('id').where('email', '=', email.toLowerCase()).executeTakeFirst()

async function readAccount(within: Queries, userId: string, now: number): Promise<AccountView> {
  const row = await within
    .selectFrom('users')
    .select(['id', 'email', 'name', 'operator_role', 'time_zone', 'created_at'])
    .where('id', '=', userId)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'Not found, or you do not have access.')
  const pending = await within
    .selectFrom('one_time_links')
    .select('email')
    .where('user_id', '=', userId)
    .where('purpose', 'in', emailPurposes)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    operatorRole: row.operator_role,
    newEmail: pending?.email ?? null,
    timeZone: row.time_zone,
    createdAt: row.created_at,
  }
}

/** An organization that requires single sign-on keeps its users, and the emails to them, in its domains. */
async function assertStaysWithProvider(
  tx: Tx,
  user: { id: string; email: string },
  newEmail: string,
): Promise<void> {
  if (!(await mustUseProvider(tx, user))) return
  if (await isOfRequiredProvider(tx, { id: user.id, email: newEmail })) return
  throw new PosternError(
    'single_sign_on_required',
    'Your organization requires single sign-on, and the new address is not in one of its domains. Ask an admin of your organization.',
  )
}
