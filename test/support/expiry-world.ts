import { sql } from 'kysely'
import type { OrganizationStatus } from '../../src/contract/organization.ts'
import type { MemberRole } from '../../src/contract/roles.ts'
import { createExpiryStore } from '../../src/expiry/expiry-store.ts'
import { createOperatorExpiryStore } from '../../src/expiry/operator-expiry-store.ts'
import type { OperatorSubject } from '../../src/expiry/operator-subject-store.ts'
import { createFindRecipients } from '../../src/expiry/recipient-store.ts'
import { tellOfExpiry } from '../../src/expiry/tell-of-expiry.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import type { Announcement } from '../../src/shapes/announcement.ts'
import type { Database, Tx } from '../../src/storage/database.ts'
import { recipientNeeds } from './subscriptions.ts'

const day = 86_400_000
const portalUrl = 'https://portal.example'

/** A certificate of the world; the rest is made up. Times are milliseconds since 1970. */
interface NewCertificate {
  organization: string
  issuedAt: number
  notAfter: number
  contacts?: readonly string[]
  /** Whether the contacts have confirmed their addresses; they have by default. */
  isConfirmed?: boolean
  replaces?: string
  environment?: string
}

/** Where transactions that tell organizations are cut off: before their emails are written, or at their end. */
export interface Cut {
  at: 'emails' | 'end'
  /** Only the next one, or all until it is taken back. */
  isOnce: boolean
  happen(tx: Tx): Promise<unknown>
}

/**
 * Organizations, users and certificates as rows of a store, and what tells of their expiry, with a clock of the test's
 * own. No key is made, so that years and many certificates take no time.
 */
export function createExpiryWorld(database: Database, start: number) {
  const { queries } = database
  let time = start
  let number = 0
  let cut: Cut | undefined
  const announced: Announcement[] = []
  const subjects: OperatorSubject[] = []
  const clock = { now: () => time }
  const findRecipients = createFindRecipients(recipientNeeds)
  /** Contacts of an organization confirm their addresses, whoever asked them. */
  const confirm = async (organizationId: string, addresses: readonly string[]): Promise<void> => {
    for (const address of addresses)
      await queries
        .insertInto('mail_contacts')
        .values({
          ...{ organization_id: organizationId, address, asked_at: start, confirmed_at: start },
          token_sha256: `${organizationId} ${address}`,
        })
        .onConflict((conflict) => conflict.columns(['organization_id', 'address']).doNothing())
        .execute()
  }
  const common = { database, writeEmails, portalUrl, label: (name: string) => `The ${name}` }
  const isCutAt = async (place: Cut['at'], tx: Tx): Promise<boolean> => {
    if (cut?.at !== place) return false
    const { happen, isOnce } = cut
    if (isOnce) cut = undefined
    await happen(tx)
    return true
  }
  const dependencies = {
    expiry: createExpiryStore({
      ...common,
      findRecipients,
      async writeEmails(tx, emails, now) {
        await isCutAt('emails', tx)
        await writeEmails(tx, emails, now)
      },
      async announce(tx, news) {
        if (!(await isCutAt('end', tx))) announced.push(...news)
      },
    }),
    operatorExpiry: createOperatorExpiryStore(common),
    listSubjects: async () => subjects,
    clock,
  }
  const set = (id: string, values: object) =>
    queries.updateTable('certificates').set(values).where('id', '=', id).execute()

  return {
    findRecipients,
    writeEmails,
    confirm,
    announced,
    subjects,
    clock,
    dependencies,
    set,
    moveTo(moment: number) {
      time = moment
    },
    advance(milliseconds: number) {
      time += milliseconds
    },
    /** The next transactions that tell organizations are cut off. */
    cutWith(next: Cut | undefined) {
      cut = next
    },
    tell: () => tellOfExpiry(dependencies),
    async addOrganization(slug: string, legalName = slug) {
      const id = `org_${slug}`
      await queries
        .insertInto('organizations')
        .values({ id, slug, legal_name: legalName, country: 'PL', state: '', created_at: start })
        .execute()
      return id
    },
    setStatus: (id: string, status: OrganizationStatus) =>
      queries.updateTable('organizations').set({ status }).where('id', '=', id).execute(),
    async addUser(email: string, memberships: Readonly<Record<string, MemberRole>>, operator = false) {
      const at = new Date(start).toISOString()
      const id = `usr_${email}`
      await queries
        .insertInto('users')
        .values({
          ...{ id, email, name: email, email_verified: 1, image: null, must_change_password: 0 },
          ...{ operator_role: operator ? ('operator' as const) : null, created_at: at, updated_at: at },
        })
        .execute()
      for (const [organization, role] of Object.entries(memberships))
        await queries
          .insertInto('members')
          .values({
            id: `mem_${organization}_${email}`,
            organization_id: organization,
            user_id: id,
            role,
            created_at: 1,
          })
          .execute()
      return id
    },
    /** Issues a certificate as the store sees it: a pending one becomes an issued one. */
    async issue({
      organization,
      issuedAt,
      notAfter,
      contacts = [],
      isConfirmed = true,
      replaces,
      environment,
    }: NewCertificate) {
      if (isConfirmed) await confirm(organization, contacts)
      number += 1
      const id = `cert_${String(number).padStart(26, '0')}`
      const name = `${organization.slice(4)}-${String(number).padStart(4, '0')}`
      await queries
        .insertInto('certificates')
        .values({
          ...{ id, organization_id: organization, environment: environment ?? 'production', number, name },
          ...{ status: 'pending', description: '', owner: '', related_service: '', rotation_policy: '' },
          ...{
            contacts: JSON.stringify(contacts),
            certified_subject: '{}',
            organization_name: '',
            country: '',
          },
          ...{ state: '', key_kind: 'ec-p256', created_at: issuedAt, created_by: 'test', search_text: name },
          ...{ source: 'postern', replaces_id: replaces ?? null, submitted_by: 'submitter@gone.example' },
        } as never)
        .execute()
      await set(id, { status: 'issued', issued_at: issuedAt, not_before: issuedAt, not_after: notAfter })
      return { id, name }
    },
    /** A gateway accepts a call with a certificate; the one that it replaces has a successor then. */
    async use(id: string, at = time) {
      const row = await queries
        .selectFrom('certificates')
        .select(['first_used_at', 'replaces_id'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      if (row.first_used_at === null && row.replaces_id !== null)
        await set(row.replaces_id, { replaced_at: at })
      await set(id, { first_used_at: row.first_used_at ?? at, last_used_at: at })
    },
    revoke: (id: string) => set(id, { status: 'revoked', revoked_at: time }),
    /** The emails, and to whom; those about expiries alone. */
    emails: () =>
      queries
        .selectFrom('outbox')
        .selectAll()
        .where((e) =>
          e.or([e('key', 'like', 'certificate-expires:%'), e('key', 'like', 'operator-expiry:%')]),
        )
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    days: (id: string) =>
      announced.filter(({ certificateId }) => certificateId === id).map(({ data }) => data.days as number),
  }
}

export type ExpiryWorld = ReturnType<typeof createExpiryWorld>

/** Kills the connection of a transaction on PostgreSQL, and waits until it is gone. */
export async function killConnection({ queries }: Database, tx: Tx): Promise<void> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
  await sql`select pg_terminate_backend(${rows[0]?.pid}, 10000)`.execute(queries)
}

/** 06:00 UTC of a day, which is when letters are written. */
export const letterTime = Date.UTC(2027, 0, 1, 6)
export const inDays = (days: number) => letterTime + days * day
