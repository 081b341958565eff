import { defaultLetterLimits, type LetterLimits } from '../contract/letter-limits.ts'
import { enqueueJob } from '../jobs/job-store.ts'
import type { Letter } from '../shapes/letter.ts'
import type { Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { budgetsOf } from './letter-budget.ts'
import { sendMailJob } from './outbox-store.ts'

const hour = 3_600_000

/**
 * Returns a function that queues emails in the transaction that causes them; a job sends them. An email
 * beyond the budget of its organization is recorded in the outbox without its text and not sent; a member is
 * told about withheld emails once per hour. Emails that operators cause are not counted if they go to users
 * of this portal.
 */
export function createLetterWriter(limits: LetterLimits) {
  return async (tx: Tx, letters: readonly Letter[], now: number): Promise<void> => {
    if (letters.length === 0) return
    const insiders = await findInsiders(tx, letters)
    for (const letter of letters) {
      const isInsider = insiders.has(insiderKey(letter))
      const id = await insertLetter(tx, letter, now)
      // It was queued before.
      if (id === undefined) continue
      if (await fits(tx, letter, { limits, isInsider, now }))
        await enqueueJob(tx, { kind: sendMailJob, key: id, owner: letter.organizationId }, now, now)
      else {
        await withhold(tx, id)
        if (isInsider) await tellOfWithheld(tx, letter, now)
      }
    }
  }
}

/** Queues emails under the default limits. */
export const writeLetters = createLetterWriter(defaultLetterLimits)

async function fits(
  tx: Tx,
  { organizationId, recipient, cause = 'customer', isImportant = false }: Letter,
  { limits, isInsider, now }: { limits: LetterLimits; isInsider: boolean; now: number },
): Promise<boolean> {
  if (organizationId === null || (isInsider && cause === 'operator')) return true
  for (const budget of budgetsOf(limits, { organizationId, recipient, isImportant }, isInsider))
    if (!(await spendBudget(tx, budget, now))) return false
  return true
}

const insiderKey = ({ organizationId, recipient }: Pick<Letter, 'organizationId' | 'recipient'>) =>
  `${organizationId} ${recipient.toLowerCase()}`

/** Returns the emails that go to members of their organization, or to operators. */
async function findInsiders(tx: Tx, letters: readonly Letter[]): Promise<Set<string>> {
  const addresses = [...new Set(letters.map(({ recipient }) => recipient.toLowerCase()))]
  const rows = await tx
    .selectFrom('users')
    .leftJoin('members', 'members.user_id', 'users.id')
    .select(['email', 'is_operator', 'organization_id'])
    .where('email', 'in', addresses)
    .execute()
  const isOperator = new Set(rows.filter((row) => row.is_operator === 1).map(({ email }) => email))
  const isMember = new Set(rows.map((row) => `${row.organization_id} ${row.email}`))
  return new Set(
    letters
      .filter((letter) => isOperator.has(letter.recipient.toLowerCase()) || isMember.has(insiderKey(letter)))
      .map(insiderKey),
  )
}

async function insertLetter(
  tx: Tx,
  { key, organizationId, recipient, subject, body }: Letter,
  now: number,
): Promise<string | undefined> {
  const id = newId('mail', now)
  const written = await tx
    .insertInto('outbox')
    .values({ id, key, recipient, subject, body, organization_id: organizationId, created_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return written?.id
}

const withhold = (tx: Tx, id: string) =>
  tx.updateTable('outbox').set({ withheld: 'budget', body: '' }).where('id', '=', id).execute()

/** Once per hour and member. */
async function tellOfWithheld(tx: Tx, { organizationId, recipient }: Letter, now: number): Promise<void> {
  const start = now - (now % hour)
  const until = new Date(start + hour).toISOString().slice(11, 16)
  const body = [
    'Hello,',
    '',
    'your organization has caused more letters than Postern sends in one hour or to one person in one day.',
    `Letters beyond that are not sent. The hourly limit is counted anew from ${until} UTC.`,
    'The portal shows every certificate and everything that was done with it.',
    '',
    'Postern',
  ].join('\n')
  const key = `letters-withheld:${organizationId}:${recipient.toLowerCase()}:${start}`
  const letter = { key, organizationId, recipient, subject: 'Letters were not sent to you', body }
  const id = await insertLetter(tx, letter, now)
  if (id !== undefined) await enqueueJob(tx, { kind: sendMailJob, key: id, owner: organizationId }, now, now)
}
