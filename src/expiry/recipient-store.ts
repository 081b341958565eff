import { sql } from 'kysely'
import type { Tx } from '../storage/database.ts'
import { inParts } from './plan-row-store.ts'
import type { Recipient, RecipientRole } from './recipient-roles.ts'

/** A certificate of which somebody is told. */
export interface ToldCertificate {
  id: string
  days: number
  contacts: readonly string[]
  /** The user who submitted or registered it; none for a key of the organization. */
  submitter: readonly string[]
}

/** Finds who is told of certificates of an organization at a time, by the ID of each; nobody where there is no address. */
export type FindRecipients = (
  tx: Tx,
  organizationId: string,
  certificates: readonly ToldCertificate[],
  now: number,
) => Promise<Map<string, Recipient[]>>

/** From this many days on, the admins of the organization are told as well. */
const adminDays = 7
const addressesAtOnce = 200
/** An address that a mail server refused is tried again after so long. */
const refusedMs = 7 * 86_400_000

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
 * said that emails arrive, the members of the organization too; and the admins from 7 days on. The address of a
 * deactivated user is left out, and so is one that refused an email of the organization in the last 7 days, unless
 * nobody would be left.
 */
export const createFindRecipients =
  (findReachable: FindReachable): FindRecipients =>
  async (tx, organizationId, certificates, now) => {
    const members = await listMembers(tx, organizationId)
    const named = certificates.flatMap(({ contacts, submitter }) => [...contacts, ...submitter])
    const addresses = [...new Set([...named, ...members.map(({ email }) => email)].map(toLower))]
    const gone = await findGone(tx, addresses)
    const refused = await findRefused(tx, organizationId, addresses, now - refusedMs)
    const reachable = await findReachable(tx, organizationId, named)
    const isOpen = (email: string) => !gone.has(toLower(email)) && !refused.has(toLower(email))
    return new Map(
      certificates.map((certificate) => {
        const open = choose(certificate, members, reachable, isOpen)
        // Rather in vain than nobody.
        const left =
          open.length > 0
            ? open
            : choose(certificate, members, reachable, (email) => !gone.has(toLower(email)))
        return [certificate.id, left]
      }),
    )
  }

/** Those who are told of a certificate, of the addresses that are open. */
function choose(
  { days, contacts, submitter }: ToldCertificate,
  members: readonly { email: string; role: string }[],
  reachable: ReadonlySet<string>,
  isOpen: (email: string) => boolean,
): Recipient[] {
  const open = members.filter(({ email }) => isOpen(email))
  const own = new Set(open.map(({ email }) => toLower(email)))
  const asked: Recipient[] = [
    ...contacts.filter(isOpen).map(as('contact')),
    ...submitter.filter((email) => own.has(toLower(email))).map(as('submitter')),
  ]
  const isSure = asked.some(({ email }) => reachable.has(toLower(email)))
  const first = isSure ? asked : [...asked, ...open.map((member) => as('member')(member.email))]
  const admins = open.filter(({ role }) => role === 'admin').map((admin) => as('admin')(admin.email))
  return uniqueByEmail([...first, ...(days <= adminDays ? admins : [])])
}

const toLower = (email: string) => email.toLowerCase()
const as =
  (role: RecipientRole) =>
  (email: string): Recipient => ({ email, role })

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

/** Returns those of the addresses that belong to deactivated users. */
async function findGone(tx: Tx, addresses: readonly string[]): Promise<Set<string>> {
  const gone = new Set<string>()
  for (const some of inParts(addresses, addressesAtOnce)) {
    const rows = await tx
      .selectFrom('users')
      .select('email')
      .where('email', 'in', some)
      .where('deactivated_at', 'is not', null)
      .execute()
    for (const { email } of rows) gone.add(email)
  }
  return gone
}

/** Returns those of the addresses that refused an email of an organization since a time, and took none afterwards. */
async function findRefused(
  tx: Tx,
  organizationId: string,
  addresses: readonly string[],
  since: number,
): Promise<Set<string>> {
  const refused = new Set<string>()
  const address = sql<string>`lower(recipient)`
  for (const some of inParts(addresses, addressesAtOnce)) {
    const rows = await tx
      .selectFrom('outbox')
      .select(address.as('address'))
      .where(address, 'in', some)
      .where('organization_id', '=', organizationId)
      .groupBy(address)
      .having(sql<boolean>`max(refused_at) > ${since}`)
      .having(sql<boolean>`max(refused_at) > coalesce(max(sent_at), 0)`)
      .execute()
    for (const row of rows) refused.add(row.address)
  }
  return refused
}
