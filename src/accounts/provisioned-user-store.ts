import { recordAudit } from '../audit/record-audit.ts'
import { linkPurposes } from '../contract/account.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Tx } from '../storage/database.ts'
import { voidLinks } from './link-store.ts'
import { insertUser } from './password-store.ts'
import { listPasswordAdmins } from './single-sign-on/must-use-provider-store.ts'

/** What a user was called before, and is called now. */
interface Sides {
  before: string
  after: string
}

/** The changes of accounts inside of a transaction that provisions users. */
export const provisionedAccounts = {
  /** Creates a user without a password. Returns the ID. */
  insert: (tx: Tx, user: { email: string; name: string }, now: number): Promise<string> =>
    insertUser(tx, { ...user, operatorRole: null, mustChangePassword: false }, undefined, now),

  async rename(tx: Tx, userId: string, { before, after }: Sides, act: Act): Promise<void> {
    await tx
      .updateTable('users')
      .set({ name: after, updated_at: toText(act.now) })
      .where('id', '=', userId)
      .execute()
    const change = { action: 'person.updated', before: { name: before }, after: { name: after } }
    await record(tx, userId, change, act)
  },

  /** The caller makes sure that nobody else has the address. */
  async changeAddress(tx: Tx, userId: string, { before, after }: Sides, act: Act): Promise<void> {
    await tx
      .updateTable('users')
      .set({ email: after, updated_at: toText(act.now) })
      .where('id', '=', userId)
      .execute()
    // What has gone to the old address no longer works.
    await voidLinks(tx, userId, linkPurposes)
    const change = { action: 'person.email_changed', before: { email: before }, after: { email: after } }
    await record(tx, userId, change, act)
  },

  /** Returns the addresses of the admins whom single sign-on excepts, and who can sign in with a password. */
  async listPasswordAdmins(tx: Tx, organizationId: string): Promise<string[]> {
    const row = await tx
      .selectFrom('single_sign_on')
      .select('password_admins')
      .where('organization_id', '=', organizationId)
      .executeTakeFirst()
    return row === undefined ? [] : listPasswordAdmins(tx, organizationId, JSON.parse(row.password_admins))
  },
}

const record = (
  tx: Tx,
  subjectId: string,
  change: { action: string; before: Record<string, unknown>; after: Record<string, unknown> },
  { actor, now }: Act,
) => recordAudit(tx, { actor, organizationId: null, subjectKind: 'person', subjectId, ...change }, now)
