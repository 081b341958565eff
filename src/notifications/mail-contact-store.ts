import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { recordAudit } from '../audit/record-audit.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import type { Email } from '../shapes/email.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { spendBudget } from '../storage/spend-budget.ts'

const day = 86_400_000
/** How many organizations can ask one address in a day. */
const maxQuestionsPerDay = 3
/** An address that has not answered is asked again after so long, so often in all; 180 days later it begins anew. */
const patienceMs = 7 * day
const maxQuestions = 3
const questionAction = 'Confirm address'
const ending = '\n\nPostern'

const hashToken = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** The organization that a contact confirmed. */
export interface ConfirmedContact {
  address: string
  legalName: string
}

/**
 * Finds which contacts of an organization may get emails: those of `addresses`, in lower case, that belong to its members or
 * have been confirmed. An address that is asked for the first time gets its question with the next email to it.
 */
export async function findReachableContacts(
  queries: Queries,
  organizationId: string,
  addresses: readonly string[],
): Promise<Set<string>> {
  const asked = [...new Set(addresses.map((address) => address.toLowerCase()))]
  if (asked.length === 0) return new Set()
  const members = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('users.email')
    .where('members.organization_id', '=', organizationId)
    .where('users.deactivated_at', 'is', null)
    .where('users.email', 'in', asked)
    .execute()
  const confirmed = await queries
    .selectFrom('mail_contacts')
    .select('address')
    .where('organization_id', '=', organizationId)
    .where('confirmed_at', 'is not', null)
    .where('address', 'in', asked)
    .execute()
  return new Set([
    ...members.map(({ email }) => email.toLowerCase()),
    ...confirmed.map(({ address }) => address),
  ])
}

/** What an organization knows of an address outside of it. */
export type ContactState =
  | { is: 'confirmed' }
  /** It has not answered, and is not asked now. */
  | { is: 'silent' }
  /** It gets the next email, with the question; `askedAt` of the last one, if there was one. */
  | { is: 'to_ask'; askedAt: number | null; questions: number }

/**
 * Finds out whether an address outside of its organization gets an email, without spending anything: one that was asked
 * and has not answered gets none for a week, unless the question was undeliverable.
 */
export async function findContactState(
  tx: Tx,
  { organizationId, recipient }: Email & { organizationId: string },
  now: number,
): Promise<ContactState> {
  const address = recipient.toLowerCase()
  const known = await tx
    .selectFrom('mail_contacts')
    .select(['confirmed_at', 'asked_at', 'questions'])
    .where('organization_id', '=', organizationId)
    .where('address', '=', address)
    .executeTakeFirst()
  if (known === undefined) return { is: 'to_ask', askedAt: null, questions: 1 }
  const { confirmed_at: confirmedAt, asked_at: askedAt, questions } = known
  if (confirmedAt !== null) return { is: 'confirmed' }
  const failed = await tx
    .selectFrom('outbox')
    .select('id')
    .where(sql<string>`lower(recipient)`, '=', address)
    .where('organization_id', '=', organizationId)
    .where('action', '=', questionAction)
    .where('withheld', '=', 'undeliverable')
    .where('created_at', '>=', askedAt)
    .limit(1)
    .executeTakeFirst()
  if (failed !== undefined) return { is: 'to_ask', askedAt, questions }
  const isPatient = questions >= maxQuestions || now < askedAt + patienceMs
  return isPatient ? { is: 'silent' } : { is: 'to_ask', askedAt, questions: questions + 1 }
}

/** Asks an address with an email to it. Returns the email to send, or undefined if it is asked too often or was asked meanwhile. */
export async function askContact(
  tx: Tx,
  email: Email & { organizationId: string },
  { askedAt, questions }: Extract<ContactState, { is: 'to_ask' }>,
  { portalUrl, now }: { portalUrl: string; now: number },
): Promise<Email | undefined> {
  const { organizationId } = email
  const address = email.recipient.toLowerCase()
  const budget = { subject: `contact-questions:${address}`, spanMs: day, most: maxQuestionsPerDay }
  if (!(await spendBudget(tx, budget, now))) return undefined
  const token = randomBytes(32).toString('base64url')
  const question = { token_sha256: hashToken(token), asked_at: now, questions }
  // Two emails at a time: one of them asks.
  const asked = await tx
    .insertInto('mail_contacts')
    .values({ organization_id: organizationId, address, ...question })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'address'])
        .doUpdateSet(question)
        .where('mail_contacts.confirmed_at', 'is', null)
        .where('mail_contacts.asked_at', '=', askedAt ?? -1),
    )
    .returning('address')
    .executeTakeFirst()
  if (asked === undefined) return undefined
  return addQuestion(email, `${portalUrl}/confirm-contact#token=${token}`)
}

/** The token is in the text, which is deleted once the email is sent. */
const addQuestion = (email: Email, link: string): Email => ({
  ...email,
  body: [
    email.body.endsWith(ending) ? email.body.slice(0, -ending.length) : email.body,
    'A member of the organization named this address as a contact for certificates. To get further emails like this one, confirm the address with the link below. Otherwise you are asked two more times at most: if you did not expect it, ignore it.',
    `${link}${ending}`,
  ].join('\n\n'),
  action: questionAction,
  isSecret: true,
})

/** Creates the store of contacts as those see it who confirm their address. */
export function createMailContactStore({ transaction }: Pick<Database, 'transaction'>) {
  return {
    /** Confirms the address of a token, and keeps its time zone; again without effect. Throws `link_invalid`. */
    confirm(
      { token, timeZone }: { token: string; timeZone?: string | undefined },
      { actor, now }: Act,
    ): Promise<ConfirmedContact> {
      return transaction(async (tx) => {
        const row = await tx
          .selectFrom('mail_contacts')
          .innerJoin('organizations', 'organizations.id', 'mail_contacts.organization_id')
          .select(['address', 'confirmed_at', 'organizations.id', 'legal_name'])
          .where('token_sha256', '=', hashToken(token))
          .executeTakeFirst()
        if (row === undefined)
          throw new PosternError(
            'link_invalid',
            'This link is not valid. Open it exactly as it is in the email. Links that were not used end after 180 days.',
          )
        const { id: organizationId, address, legal_name: legalName } = row
        if (row.confirmed_at !== null) return { address, legalName }
        await tx
          .updateTable('mail_contacts')
          .set({ confirmed_at: now, ...(timeZone !== undefined && { time_zone: timeZone }) })
          .where('organization_id', '=', organizationId)
          .where('address', '=', address)
          .execute()
        const subject = { organizationId, subjectKind: 'organization', subjectId: organizationId }
        await recordAudit(
          tx,
          { ...subject, actor, action: 'contact.confirmed', after: { email: address } },
          now,
        )
        return { address, legalName }
      })
    },
  }
}

export type MailContactStore = ReturnType<typeof createMailContactStore>
