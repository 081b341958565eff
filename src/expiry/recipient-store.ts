import { sql } from 'kysely'
import { getAddresses } from '../shapes/actor-name.ts'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { chooseRecipients, isLonely, type People, type ToldCertificate } from './choose-recipients.ts'
import { inParts } from './plan-row-store.ts'
import type { Recipient } from './recipient-roles.ts'

/** Finds who is told of certificates of an organization at a time, by the ID of each; nobody where there is no address. */
export type FindRecipients = (
  tx: Tx,
  organizationId: string,
  certificates: readonly ToldCertificate[],
  now: number,
) => Promise<Map<string, Recipient[]>>

const addressesAtOnce = 200
/** An address that a mail server refused is tried again after so long. */
const refusedMs = 7 * 86_400_000
/** Different contacts of certificates that are gone through before somebody may unsubscribe. */
const maxContacts = 5000

/** What the recipients of letters are found with; all sets have addresses in lower case. */
export interface RecipientNeeds {
  /**
   * Returns which of the addresses an organization may write to more than once: those of its members, and contacts
   * that have confirmed.
   */
  findReachable(tx: Tx, organizationId: string, addresses: readonly string[]): Promise<ReadonlySet<string>>
  /** Returns which of the addresses do not want emails of the organization. */
  findUnsubscribed(
    queries: Queries,
    organizationId: string,
    addresses: readonly string[],
  ): Promise<ReadonlySet<string>>
  /** Returns the team address of the organization. */
  findTeamAddress(queries: Queries, organizationId: string): Promise<string | undefined>
}

/**
 * Creates the function that finds the contacts of a certificate and the member who submitted it; the team address if none
 * of them has said that emails arrive, and from 14 days on; the members of the organization if that is not reached
 * either; and the admins from 7 days on. The address of a deactivated user is left out, and so is one that refused an
 * email of the organization in the last 7 days or has unsubscribed, unless nobody would be left.
 */
export const createFindRecipients =
  (needs: RecipientNeeds): FindRecipients =>
  async (tx, organizationId, certificates, now) => {
    const named = certificates.flatMap(({ contacts, submitter }) => [...contacts, ...submitter])
    const people = await findPeople(tx, needs, { organizationId, now }, named)
    return new Map(certificates.map((certificate) => [certificate.id, chooseRecipients(certificate, people)]))
  }

/**
 * Creates the function that returns the environments with certificates about whose end nobody would be told without an
 * address, which is told now. Those of an organization with more different contacts than can be gone through count.
 */
export const createFindLonely =
  (needs: RecipientNeeds) =>
  async (tx: Tx, organizationId: string, address: string, now: number): Promise<string[]> => {
    const certificates = await listContacts(tx, organizationId, now)
    const named = certificates.flatMap(({ contacts, submitter }) => [...contacts, ...submitter])
    const people = await findPeople(tx, needs, { organizationId, now }, named)
    const lonely = certificates
      .slice(0, maxContacts)
      .filter((certificate) => isLonely(certificate, people, address))
    const rest = certificates.slice(maxContacts)
    return [...new Set([...lonely, ...rest].map(({ environment }) => environment))].toSorted()
  }

async function findPeople(
  tx: Tx,
  { findReachable, findUnsubscribed, findTeamAddress }: RecipientNeeds,
  { organizationId, now }: { organizationId: string; now: number },
  named: readonly string[],
): Promise<People> {
  const members = await listMembers(tx, organizationId)
  const team = await findTeamAddress(tx, organizationId)
  const own = members.map(({ email }) => email)
  const addresses = [
    ...new Set([...named, ...own, ...(team === undefined ? [] : [team])].map((each) => each.toLowerCase())),
  ]
  const all = { reachable: new Set<string>(), unsubscribed: new Set<string>() }
  for (const some of inParts(addresses, addressesAtOnce)) {
    for (const each of await findReachable(tx, organizationId, some)) all.reachable.add(each)
    for (const each of await findUnsubscribed(tx, organizationId, some)) all.unsubscribed.add(each)
  }
  return {
    ...{ members, team, ...all },
    gone: await findGone(tx, addresses),
    refused: await findRefused(tx, organizationId, addresses, now - refusedMs),
  }
}

const listMembers = (tx: Tx, organizationId: string) =>
  tx
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['email', 'role'])
    .where('organization_id', '=', organizationId)
    .where('deactivated_at', 'is', null)
    .execute()

/** Who is told of the certificates of an organization that are in use: each list of contacts once, at the first step. */
async function listContacts(tx: Tx, organizationId: string, now: number) {
  const rows = await tx
    .selectFrom('certificates')
    .select(['environment', 'contacts', 'source', 'submitted_by', 'created_by'])
    .distinct()
    .where('organization_id', '=', organizationId)
    .where('status', '=', 'issued')
    .where('not_after', '>', endedBefore(now))
    .limit(maxContacts + 1)
    .execute()
  return rows.map((row) => ({
    ...{ id: '', days: Number.POSITIVE_INFINITY, environment: row.environment },
    contacts: JSON.parse(row.contacts) as string[],
    submitter: getAddresses((row.source === 'postern' ? row.submitted_by : row.created_by) ?? ''),
  }))
}

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
