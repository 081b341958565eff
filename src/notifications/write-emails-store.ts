import { defaultEmailLimits, type EmailLimits } from '../contract/email-limits.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import type { Email } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'
import { readLimits } from '../shapes/organization.ts'
import { listActiveAdmins } from '../storage/active-people.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { getBudgets } from './email-budget.ts'
import { localize } from './localize-email-store.ts'
import { askContact, findContactState } from './mail-contact-store.ts'
import { sendMailJob } from './outbox-store.ts'

const hour = 3_600_000

interface Writing {
  limits: EmailLimits
  portalUrl: string
  now: number
}

/**
 * Returns a function that queues emails in the transaction that causes them; a job sends them. An email
 * beyond the budget of its organization is recorded in the outbox without its text and not sent; a member is
 * told about withheld emails once per hour. An address outside of the organization gets only emails that ask it until it is confirmed;
 * an important one that it does not get goes to the admins. Emails that operators cause are not counted if they go to users
 * of this portal.
 */
export function createEmailWriter(limits: EmailLimits, portalUrl: string) {
  return async (tx: Tx, emails: readonly Email[], now: number): Promise<void> => {
    if (emails.length === 0) return
    const insiders = await findInsiders(tx, emails)
    const writing = { limits, portalUrl, now }
    const withheld: Email[] = []
    for (const email of emails) {
      const isInsider = insiders.has(insiderKey(email))
      if (!(await (isInsider ? writeInside : writeOutside)(tx, email, writing)) && !isInsider)
        withheld.push(email)
    }
    for (const email of withheld) await tellAdmins(tx, email, writing)
  }
}

/** Returns whether it is sent, or was queued before. */
async function writeInside(tx: Tx, email: Email, { limits, now }: Writing): Promise<boolean> {
  const id = await insertEmail(tx, email, now)
  if (id === undefined) return true
  if (!(await fits(tx, email, { limits, isInsider: true, now }))) {
    await withhold(tx, id, 'budget')
    await reportWithheld(tx, email, now)
    return false
  }
  await enqueueJob(tx, { kind: sendMailJob, key: id, owner: email.organizationId }, now, now)
  return true
}

/**
 * Returns whether it is sent, or was queued before. A secret, as an invitation, is a question to its recipient already.
 * An email that no organization causes goes to a user or to who works for the provider.
 */
async function writeOutside(tx: Tx, email: Email, { limits, portalUrl, now }: Writing): Promise<boolean> {
  const id = await insertEmail(tx, email, now)
  if (id === undefined) return true
  const { organizationId, isSecret = false } = email
  const ofContact = organizationId === null || isSecret ? undefined : { ...email, organizationId }
  const state = ofContact && (await findContactState(tx, ofContact, now))
  // Before any budget: what is not sent takes nothing from who gets emails.
  if (state?.is === 'silent') {
    await withhold(tx, id, 'unconfirmed')
    return false
  }
  if (!(await fits(tx, email, { limits, isInsider: false, now }))) {
    await withhold(tx, id, 'budget')
    return false
  }
  if (ofContact !== undefined && state?.is === 'to_ask') {
    const question = await askContact(tx, ofContact, state, { portalUrl, now })
    if (question === undefined) {
      await withhold(tx, id, 'unconfirmed')
      return false
    }
    await rewrite(tx, id, question)
  }
  await enqueueJob(tx, { kind: sendMailJob, key: id, owner: organizationId }, now, now)
  return true
}

/**
 * Tells the admins of an important email that does not reach a contact, unless its writer does. They get the email once,
 * whatever number of contacts, and also where it is to them as well.
 */
async function tellAdmins(tx: Tx, email: Email, writing: Writing): Promise<void> {
  const { organizationId, recipient, key, isImportant, isSecret, hasNextRecipients } = email
  if (organizationId === null || !isImportant || isSecret || hasNextRecipients) return
  const admins = await listActiveAdmins(tx, organizationId)
  const end = `:${recipient.toLowerCase()}`
  const stem = key.endsWith(end) ? key.slice(0, -end.length) : key
  for (const admin of admins)
    await writeInside(
      tx,
      {
        ...email,
        key: `${stem}:${admin.email}`,
        recipient: admin.email,
        body: email.body.replace(/^Hello,\n\n/, `Hello,\n\n${instead}\n\n`),
      },
      writing,
    )
}

const instead =
  'You get this email because a contact outside of your organization does not: the address is not confirmed, or has had all emails that the limits allow.'

/** Queues emails under the default limits, for a portal at its default address. */
export const writeEmails = createEmailWriter(defaultEmailLimits, 'http://localhost:3000')

async function rewrite(tx: Tx, id: string, email: Email): Promise<void> {
  const { action, isSecret = false } = email
  const { body } = await localize(tx, email)
  await tx
    .updateTable('outbox')
    .set({ body, action: action ?? null, is_secret: Number(isSecret), may_unsubscribe: 0 })
    .where('id', '=', id)
    .execute()
}

async function fits(
  tx: Tx,
  { organizationId, recipient, cause = 'customer', isImportant = false }: Email,
  { limits, isInsider, now }: { limits: EmailLimits; isInsider: boolean; now: number },
): Promise<boolean> {
  if (organizationId === null || (isInsider && cause === 'operator')) return true
  const perHour = (isInsider ? await findOwnLimit(tx, organizationId) : null) ?? limits.perHour
  for (const budget of getBudgets(
    { ...limits, perHour },
    { organizationId, recipient, isImportant },
    isInsider,
  ))
    if (!(await spendBudget(tx, budget, now))) return false
  return true
}

const selectLimits = prepareQuery((queries, { id }: { id: string }) =>
  queries.selectFrom('organizations').select('limits').where('id', '=', id),
)

/** Returns how many emails to members and operators an organization may cause in an hour, if operators set it. */
async function findOwnLimit(tx: Tx, organizationId: string): Promise<number | null> {
  const [row] = await selectLimits(tx, { id: organizationId })
  return row === undefined ? null : readLimits(row.limits).emailsPerHour
}

const insiderKey = ({ organizationId, recipient }: Pick<Email, 'organizationId' | 'recipient'>) =>
  `${organizationId} ${recipient.toLowerCase()}`

/** Returns the emails that go to members of their organization, or to operators. */
async function findInsiders(tx: Tx, emails: readonly Email[]): Promise<Set<string>> {
  const addresses = [...new Set(emails.map(({ recipient }) => recipient.toLowerCase()))]
  const rows = await tx
    .selectFrom('users')
    .leftJoin('members', 'members.user_id', 'users.id')
    .select(['email', 'operator_role', 'organization_id'])
    .where('email', 'in', addresses)
    .execute()
  const isOperator = new Set(rows.filter((row) => row.operator_role === 'operator').map(({ email }) => email))
  const isMember = new Set(rows.map((row) => `${row.organization_id} ${row.email}`))
  return new Set(
    emails
      .filter((email) => isOperator.has(email.recipient.toLowerCase()) || isMember.has(insiderKey(email)))
      .map(insiderKey),
  )
}

type EmailToWrite = Omit<Email, 'action'> & { action?: string | null | undefined }

async function insertEmail(tx: Tx, email: EmailToWrite, now: number): Promise<string | undefined> {
  const { key, organizationId, recipient, action = null, isSecret = false, mayUnsubscribe = false } = email
  const { subject, body } = await localize(tx, email)
  const id = newId('outgoingEmail', now)
  const written = await tx
    .insertInto('outbox')
    .values({
      ...{ id, key, recipient, subject, body, action },
      ...{ organization_id: organizationId, created_at: now, is_secret: Number(isSecret) },
      may_unsubscribe: Number(mayUnsubscribe),
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return written?.id
}

const withhold = (tx: Tx, id: string, cause: 'budget' | 'unconfirmed') =>
  tx.updateTable('outbox').set({ withheld: cause, body: '' }).where('id', '=', id).execute()

/** Once per hour and member. */
async function reportWithheld(tx: Tx, { organizationId, recipient }: Email, now: number): Promise<void> {
  const start = now - (now % hour)
  const body = [
    'Hello,',
    '',
    'Your organization has caused more emails than Postern sends in one hour or to one person in one day.',
    `Further emails are not sent. The hourly limit resets at ${toMinute(start + hour)}.`,
    'The portal shows every certificate and its history.',
    '',
    'Postern',
  ].join('\n')
  const key = `emails-withheld:${organizationId}:${recipient.toLowerCase()}:${start}`
  const email = { key, organizationId, recipient, subject: 'Emails to you were not sent', body }
  const id = await insertEmail(tx, email, now)
  if (id !== undefined) await enqueueJob(tx, { kind: sendMailJob, key: id, owner: organizationId }, now, now)
}
