import type { SignalView } from '../contract/signal.ts'
import { getAddresses } from '../shapes/actor-name.ts'
import type { Email } from '../shapes/email.ts'
import { listActiveAdmins } from '../storage/active-people.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import type { SignalRules } from './signal.ts'
import { type SignalRecipient, writeSignalEmail } from './signal-emails.ts'
import { selectSignals, toSignal } from './signal-store.ts'
import { toSignalView } from './signal-views.ts'

const day = 86_400_000
const week = 7 * day
/** The first Monday after 1970, 06:00 UTC. */
const firstMonday = 4 * day + 6 * 3_600_000
/** How many signals one transaction takes; more are told of in an email of their own. */
const maxSignals = 1000
const maxOrganizations = 100
/** The step of an expiry at which the recipients are those of its emails without the admins. */
const stepDays = 30

/** A certificate of which somebody is told. */
interface ToldCertificate {
  id: string
  days: number
  contacts: readonly string[]
  submitter: readonly string[]
}

/** What telling needs. */
export interface TellDependencies {
  database: Database
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
  /** Finds who gets the emails about certificates of an organization, by the ID of each. */
  findRecipients(
    tx: Tx,
    organizationId: string,
    certificates: readonly ToldCertificate[],
    now: number,
  ): Promise<Map<string, SignalRecipient[]>>
  environments: ReadonlyMap<string, SignalRules & { label?: string | undefined }>
  portalUrl: string
}

/** Returns the last Monday, 06:00 UTC, that is not after `now`. */
const findMonday = (now: number): number => firstMonday + Math.floor((now - firstMonday) / week) * week

/**
 * Creates what writes the weekly emails: one to each person about every signal of an organization that was found before
 * Monday and still holds. A signal that an email told of, or that was dismissed, is never told of again.
 */
export const createSignalTeller =
  (dependencies: TellDependencies) =>
  async (now: number, onFailure: (error: unknown) => void): Promise<void> => {
    const failed: string[] = []
    for (let count = 0; count < maxOrganizations; count += 1) {
      const organizationId = await findDue(dependencies.database.queries, findMonday(now), failed)
      if (organizationId === undefined) return
      try {
        await dependencies.database.transaction((tx) => tellOf(tx, dependencies, organizationId, now))
      } catch (error) {
        // One organization of which it fails delays no other.
        failed.push(organizationId)
        onFailure(error)
      }
    }
  }

const selectDue = (queries: Queries, monday: number) =>
  selectSignals(queries)
    .innerJoin('organizations', 'organizations.id', 'signals.organization_id')
    .where('told_at', 'is', null)
    .where('dismissed_at', 'is', null)
    .where('resolved_at', 'is', null)
    .where('first_seen_at', '<', monday)
    .where('organizations.status', '=', 'active')

async function findDue(
  queries: Queries,
  monday: number,
  except: readonly string[],
): Promise<string | undefined> {
  let due = queries
    .selectFrom('signals')
    .innerJoin('organizations', 'organizations.id', 'signals.organization_id')
    .select('organization_id')
    .where('told_at', 'is', null)
    .where('dismissed_at', 'is', null)
    .where('resolved_at', 'is', null)
    .where('first_seen_at', '<', monday)
    .where('organizations.status', '=', 'active')
    .limit(1)
  if (except.length > 0) due = due.where('organization_id', 'not in', except)
  return (await due.executeTakeFirst())?.organization_id
}

async function tellOf(
  tx: Tx,
  dependencies: TellDependencies,
  organizationId: string,
  now: number,
): Promise<void> {
  const { environments, portalUrl, writeEmails } = dependencies
  const rows = await selectDue(tx, findMonday(now))
    .select(['organizations.slug', 'credentials.created_by_ref'])
    .select(['certificates.contacts', 'certificates.submitted_by', 'certificates.created_by'])
    .select('certificates.source')
    .where('signals.organization_id', '=', organizationId)
    .orderBy('first_seen_at')
    .orderBy('signals.id')
    .limit(maxSignals)
    .execute()
  const [first] = rows
  if (first === undefined) return
  await markTold(
    tx,
    rows.map(({ id }) => id),
    now,
  )
  const told = rows.map((row) => ({
    view: toSignalView(toSignal(row), environments.get(row.environment)),
    contacts: JSON.parse(row.contacts ?? '[]') as string[],
    submitter: getAddresses((row.source === 'postern' ? row.submitted_by : row.created_by) ?? ''),
    creator: row.created_by_ref,
  }))
  const people = await groupByPerson(tx, dependencies, { organizationId, now }, told)
  const place = {
    ...{ organizationId, slug: first.slug, portalUrl, now },
    label: (environment: string) => environments.get(environment)?.label ?? environment,
  }
  const emails = people.map(({ recipient, views }) => writeSignalEmail(place, recipient, views))
  await writeEmails(tx, emails, now)
}

interface Told {
  view: SignalView
  contacts: readonly string[]
  submitter: readonly string[]
  /** Kind and ID of who created the credentials. */
  creator: string | null
}

interface Person {
  recipient: SignalRecipient
  views: SignalView[]
}

async function groupByPerson(
  tx: Tx,
  { findRecipients }: TellDependencies,
  { organizationId, now }: { organizationId: string; now: number },
  told: readonly Told[],
): Promise<Person[]> {
  const certificates = told.flatMap(({ view, contacts, submitter }) =>
    view.kind === 'secret_old' ? [] : [{ id: view.certificate.id, days: stepDays, contacts, submitter }],
  )
  const unique = [...new Map(certificates.map((one) => [one.id, one])).values()]
  const found = unique.length === 0 ? new Map() : await findRecipients(tx, organizationId, unique, now)
  const admins = await listActiveAdmins(tx, organizationId)
  const people = new Map<string, Person>()
  for (const { view, creator } of told)
    for (const recipient of view.kind === 'secret_old'
      ? await listOfCredential(tx, { organizationId, creator }, admins)
      : ((found.get(view.certificate.id) ?? []) as SignalRecipient[])) {
      // What nobody else gets can wait for the Overview.
      if (recipient.isUnsubscribed === true) continue
      const key = recipient.email.toLowerCase()
      const person = people.get(key) ?? { recipient, views: [] }
      person.views.push(view)
      people.set(key, person)
    }
  return [...people.values()]
}

/** The member who created the credentials, or else the admins. */
async function listOfCredential(
  tx: Tx,
  { organizationId, creator }: { organizationId: string; creator: string | null },
  admins: readonly { email: string }[],
): Promise<SignalRecipient[]> {
  const own = creator?.startsWith('person:')
    ? await tx
        .selectFrom('members')
        .innerJoin('users', 'users.id', 'members.user_id')
        .select('email')
        .where('organization_id', '=', organizationId)
        .where('user_id', '=', creator.slice('person:'.length))
        .where('deactivated_at', 'is', null)
        .executeTakeFirst()
    : undefined
  if (own !== undefined) return [{ email: own.email, role: 'creator' }]
  return admins.map(({ email }) => ({ email, role: 'admin' }))
}

async function markTold(tx: Tx, ids: readonly string[], now: number): Promise<void> {
  for (let start = 0; start < ids.length; start += 200)
    await tx
      .updateTable('signals')
      .set({ told_at: now })
      .where('id', 'in', ids.slice(start, start + 200))
      .execute()
}
