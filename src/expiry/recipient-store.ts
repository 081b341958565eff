import { sql } from 'kysely'
import type { Tx } from '../storage/database.ts'
import type { Recipient, RecipientRole } from './recipient-roles.ts'

/** A certificate of which somebody is told. */
export interface ToldCertificate {
  id: string
  days: number
  contacts: readonly string[]
  /** The user who submitted or registered it; none for a key of the organization. */
  submitter: readonly string[]
}

/** Finds who is told of certificates of an organization, by the ID of each; nobody where no address is left. */
export type FindRecipients = (
  tx: Tx,
  organizationId: string,
  certificates: readonly ToldCertificate[],
) => Promise<Map<string, Recipient[]>>

/** From this many days on, the admins of the organization are told as well. */
const adminDays = 7
const addressesAtOnce = 200

/**
 * Returns which of the addresses an organization may write to more than once, in lower case: those of its members, and
 * contacts that have confirmed.
 */
export type FindReachable = (
  tx: Tx,
  organizationId: string,
  addresses: readonly string[],
) => Promise<ReadonlySet<string>>

/**
 * Creates the function that finds the contacts of a certificate and the member who submitted it; if none of them has
 * said that emails arrive, the members of the organization too; and the admins from 7 days on. An address to which the
 * last email was undeliverable is left out, and so is that of a deactivated user.
 */
export const createFindRecipients =
  (findReachable: FindReachable): FindRecipients =>
  async (tx, organizationId, certificates) => {
    const members = await listMembers(tx, organizationId)
    const named = certificates.flatMap(({ contacts, submitter }) => [...contacts, ...submitter])
    const closed = await findClosed(tx, [...named, ...members.map(({ email }) => email)].map(toLower))
    const isOpen = (email: string) => !closed.has(toLower(email))
    const open = members.filter(({ email }) => isOpen(email))
    const own = new Set(open.map(({ email }) => email))
    const reachable = await findReachable(tx, organizationId, named)
    const admins = open.filter(({ role }) => role === 'admin').map(as('admin'))
    return new Map(
      certificates.map(({ id, days, contacts, submitter }) => {
        const asked: Recipient[] = [
          ...contacts.filter(isOpen).map((email) => ({ email, role: 'contact' as const })),
          ...submitter
            .filter((email) => own.has(toLower(email)))
            .map((email) => ({ email, role: 'submitter' as const })),
        ]
        const isSure = asked.some(({ email }) => reachable.has(toLower(email)))
        const first = isSure ? asked : [...asked, ...open.map(as('member'))]
        return [id, uniqueByEmail([...first, ...(days <= adminDays ? admins : [])])]
      }),
    )
  }

const toLower = (email: string) => email.toLowerCase()
const as =
  (role: RecipientRole) =>
  ({ email }: { email: string }): Recipient => ({ email, role })

/** The first of an address stays: it says best why the person is told. */
const uniqueByEmail = (recipients: readonly Recipient[]): Recipient[] => [
  ...new Map(recipients.toReversed().map((each) => [toLower(each.email), each])).values(),
]

const listMembers = (tx: Tx, organizationId: string) =>
  tx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['email', 'role'])
    .where('organization_id', '=', organizationId)
    .where('deactivated_at', 'is', null)
    .execute()

/** Returns those of the addresses that no email reaches. */
async function findClosed(tx: Tx, addresses: readonly string[]): Promise<Set<string>> {
  const closed = new Set<string>()
  const all = [...new Set(addresses)]
  for (let start = 0; start < all.length; start += addressesAtOnce) {
    const some = all.slice(start, start + addressesAtOnce)
    const gone = await tx
      .selectFrom('users')
      .select('email')
      .where('email', 'in', some)
      .where('deactivated_at', 'is not', null)
      .execute()
    for (const { email } of gone) closed.add(email)
    for (const address of await findUndeliverable(tx, some)) closed.add(address)
  }
  return closed
}

/** Returns the addresses to which the last email that was tried is undeliverable. */
async function findUndeliverable(tx: Tx, addresses: readonly string[]): Promise<string[]> {
  const address = sql<string>`lower(recipient)`
  const rows = await tx
    .selectFrom('outbox')
    .select(address.as('address'))
    .where(address, 'in', addresses)
    .groupBy(address)
    .having(
      sql<boolean>`max(case when withheld = 'undeliverable' then id end) > coalesce(max(case when sent_at is not null then id end), '')`,
    )
    .execute()
  return rows.map((row) => row.address)
}
