import { recordAudit } from '../audit/record-audit.ts'
import type { SubscriptionView } from '../contract/subscription.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { spendBudget } from '../storage/spend-budget.ts'
import { hashUnsubscribeToken, isUnsubscribeToken } from './unsubscribe-links.ts'

const day = 86_400_000
/** How often an address can change its mind in a day. */
const changesPerAddress = { spanMs: day, most: 20 }
const maxListed = 200

/** What the subscriptions need of others. */
interface Needs {
  database: Pick<Database, 'transaction' | 'queries'>
  tokenOf(organizationId: string, address: string): string
  /**
   * Returns the environments with certificates about whose end nobody would get an email without this address, which
   * gets them now.
   */
  findLonely(tx: Tx, organizationId: string, address: string, now: number): Promise<string[]>
}

interface Subscriber {
  organizationId: string
  legalName: string
  /** In lower case. */
  address: string
}

/** Creates the store of who wants the emails of an organization that one may do without. */
export function createSubscriptionStore({ database, tokenOf, findLonely }: Needs) {
  /** Spends a change where it would be one, and keeps it spent if the change is rejected: to find that out costs most. */
  const spend = (subscriber: Subscriber, isUnsubscribed: boolean, now: number): Promise<void> =>
    database.transaction(async (tx) => {
      const { organizationId, address } = subscriber
      const unsubscribed = await findUnsubscribed(tx, organizationId, [address])
      if (unsubscribed.has(address) !== isUnsubscribed) await assertMayChange(tx, subscriber, now)
    })
  const change = async (tx: Tx, subscriber: Subscriber, isUnsubscribed: boolean, act: Act) => {
    const { organizationId, address, legalName } = subscriber
    const view = { email: address, legalName, isUnsubscribed }
    const unsubscribed = await findUnsubscribed(tx, organizationId, [address])
    if (unsubscribed.has(address) === isUnsubscribed) return view
    if (isUnsubscribed) assertIsNotLast(await findLonely(tx, organizationId, address, act.now))
    await tx
      .updateTable('mail_subscriptions')
      .set({ unsubscribed_at: isUnsubscribed ? act.now : null })
      .where('organization_id', '=', organizationId)
      .where('address', '=', address)
      .execute()
    const action = isUnsubscribed ? 'contact.unsubscribed' : 'contact.resubscribed'
    const subject = { organizationId, subjectKind: 'organization', subjectId: organizationId }
    await recordAudit(tx, { ...subject, actor: act.actor, action, after: { email: address } }, act.now)
    return view
  }
  const open = async (queries: Queries, organizationId: string, recipient: string, now: number) => {
    const token = tokenOf(organizationId, recipient)
    await queries
      .insertInto('mail_subscriptions')
      .values({
        token_sha256: hashUnsubscribeToken(token),
        ...{ organization_id: organizationId, address: recipient.toLowerCase(), last_written_at: now },
      })
      .onConflict((conflict) =>
        conflict
          .column('token_sha256')
          .doUpdateSet({ last_written_at: now })
          .where('mail_subscriptions.last_written_at', '<', now - day),
      )
      .execute()
    return token
  }

  return {
    /** Returns the token for the emails to an address, which is valid from then on. */
    open: (organizationId: string, recipient: string, now: number): Promise<string> =>
      open(database.queries, organizationId, recipient, now),

    /** Returns what a token is for; changes nothing. Throws `link_invalid`. */
    async inspect(token: string): Promise<SubscriptionView> {
      const { organizationId, address, legalName } = await getSubscriber(database.queries, token)
      const unsubscribed = await findUnsubscribed(database.queries, organizationId, [address])
      return { email: address, legalName, isUnsubscribed: unsubscribed.has(address) }
    },

    /**
     * Unsubscribes the address of a token, or takes that back; again without effect. Throws `link_invalid`,
     * `last_recipient` and `too_many_requests`.
     */
    async change(token: string, isUnsubscribed: boolean, act: Act): Promise<SubscriptionView> {
      await spend(await getSubscriber(database.queries, token), isUnsubscribed, act.now)
      return database.transaction(async (tx) =>
        change(tx, await getSubscriber(tx, token), isUnsubscribed, act),
      )
    },

    /** The same for the address of a member. Throws `last_recipient` and `too_many_requests`. */
    async changeOwn(
      { organizationId, legalName, email }: { organizationId: string; legalName: string; email: string },
      isUnsubscribed: boolean,
      act: Act,
    ): Promise<SubscriptionView> {
      const subscriber = { organizationId, legalName, address: email.toLowerCase() }
      await spend(subscriber, isUnsubscribed, act.now)
      return database.transaction(async (tx) => {
        await open(tx, organizationId, email, act.now)
        return change(tx, subscriber, isUnsubscribed, act)
      })
    },
  }
}

export type SubscriptionStore = ReturnType<typeof createSubscriptionStore>

/** Returns which of the addresses, in lower case, have unsubscribed from the emails of an organization. */
export async function findUnsubscribed(
  queries: Queries,
  organizationId: string,
  addresses: readonly string[],
): Promise<Set<string>> {
  if (addresses.length === 0) return new Set()
  const rows = await queries
    .selectFrom('mail_subscriptions')
    .select('address')
    .distinct()
    .where('organization_id', '=', organizationId)
    .where('address', 'in', addresses)
    .where('unsubscribed_at', 'is not', null)
    .execute()
  return new Set(rows.map(({ address }) => address))
}

/** Lists who has unsubscribed from the emails of an organization, the first 200 by address. */
export async function listUnsubscribed(
  queries: Queries,
  organizationId: string,
): Promise<{ email: string; at: string }[]> {
  const rows = await selectUnsubscribed(queries, organizationId).execute()
  return rows.map(({ address, at }) => ({ email: address, at: toText(Number(at)) }))
}

/** The addresses that have unsubscribed, and since when. */
export const selectUnsubscribed = (queries: Queries, organizationId: string) =>
  queries
    .selectFrom('mail_subscriptions')
    .select(['address', (e) => e.fn.max<number>('unsubscribed_at').as('at')])
    .where('organization_id', '=', organizationId)
    .where('unsubscribed_at', 'is not', null)
    .groupBy('address')
    .orderBy('address')
    .limit(maxListed)

async function getSubscriber(queries: Queries, token: string): Promise<Subscriber> {
  const row = isUnsubscribeToken(token)
    ? await queries
        .selectFrom('mail_subscriptions')
        .innerJoin('organizations', 'organizations.id', 'mail_subscriptions.organization_id')
        .select(['organizations.id', 'legal_name', 'address'])
        .where('token_sha256', '=', hashUnsubscribeToken(token))
        .executeTakeFirst()
    : undefined
  if (row === undefined)
    throw new PosternError(
      'link_invalid',
      'This link is not valid. Open it exactly as it is in the email, or use the link in a later email.',
    )
  return { organizationId: row.id, legalName: row.legal_name, address: row.address }
}

async function assertMayChange(tx: Tx, { organizationId, address }: Subscriber, now: number): Promise<void> {
  const subject = `subscription-changes:${organizationId}:${address}`
  if (await spendBudget(tx, { subject, ...changesPerAddress }, now)) return
  throw new PosternError('too_many_requests', 'You have changed this too often today. Try again tomorrow.', {
    retryAfterSeconds: Math.ceil((day - (now % day)) / 1000),
  })
}

function assertIsNotLast(environments: readonly string[]): void {
  if (environments.length === 0) return
  throw new PosternError(
    'last_recipient',
    `These emails go on, because nobody else would get them about certificates in ${environments.join(', ')}: without them, requests would be denied after an expiry without warning. First name another contact of these certificates, set a team address, or invite another member. Then unsubscribe.`,
  )
}
