import { sql } from 'kysely'
import type { NotificationState } from '../contract/notification.ts'
import type { Queries } from '../storage/database.ts'
import type { Letter, LetterCertificate } from './notification-views.ts'

/** What a list of notifications is asked for, and after which position it begins. */
export interface RowRequest {
  organizationId: string
  certificateId: string | undefined
  limit: number
}

/** The next step of a certificate. Times are milliseconds since 1970. */
export const selectPlanned = (
  queries: Queries,
  { organizationId, certificateId, limit }: RowRequest,
  after: readonly [number, string] | undefined,
) => {
  let rows = queries
    .selectFrom('expiry_plans')
    .innerJoin('certificates', 'certificates.id', 'expiry_plans.id')
    .select([
      'expiry_plans.id',
      'due_at',
      'began_at',
      'expiry_plans.not_after',
      'certificates.name',
      'environment',
      'last_used_at',
      'contacts',
      'source',
      'submitted_by',
      'created_by',
    ])
    .where('expiry_plans.organization_id', '=', organizationId)
    .where('expiry_plans.due_at', 'is not', null)
    .where('certificates.status', '=', 'issued')
    .orderBy('expiry_plans.due_at')
    .orderBy('expiry_plans.id')
    .limit(limit)
  if (certificateId !== undefined) rows = rows.where('expiry_plans.id', '=', certificateId)
  if (after === undefined) return rows
  return rows.where((e) => e(e.refTuple('expiry_plans.due_at', 'expiry_plans.id'), '>', e.tuple(...after)))
}

/** The conditions of each state of an email. */
const conditions = {
  queued: sql<boolean>`(sent_at is null and withheld is null)`,
  sent: sql<boolean>`sent_at is not null`,
  failed: sql<boolean>`withheld = 'undeliverable'`,
  withheld: sql<boolean>`withheld <> 'undeliverable'`,
} as const satisfies Partial<Record<NotificationState, unknown>>
export type EmailState = keyof typeof conditions

export const isEmailState = (state: NotificationState): state is EmailState => state in conditions

/** Emails about one certificate alone have its ID in their key. */
const ofCertificate = ['certificate-ready', 'certificate-rejected', 'certificate-revoked']

/**
 * The emails about an organization in one of these states, the newest first; those with a secret are left out, but
 * for what a contact confirms its address with. `before`
 * is the last part of an ID, which emails and steps have in the same form.
 */
export function selectEmails(
  queries: Queries,
  { organizationId, certificateId, limit }: RowRequest,
  { states, before }: { states: readonly EmailState[]; before: string | undefined },
) {
  let rows = queries
    .selectFrom('outbox')
    .select(['id', 'key', 'recipient', 'subject', 'created_at', 'sent_at', 'withheld'])
    .where('organization_id', '=', organizationId)
    .where((e) =>
      e.or([
        e('is_secret', '=', 0),
        e.exists(
          e
            .selectFrom('mail_contacts')
            .select('address')
            .whereRef('mail_contacts.organization_id', '=', 'outbox.organization_id')
            .where('address', '=', sql<string>`lower(recipient)`),
        ),
      ]),
    )
    .where((e) => e.or(states.map((state) => conditions[state])))
    .orderBy('id', 'desc')
    .limit(limit)
  if (before !== undefined) rows = rows.where('id', '<', `out_${before}`)
  if (certificateId === undefined) return rows
  return rows.where((e) =>
    e.or([
      e('id', 'in', e.selectFrom('expiry_letters').select('outbox_id').where('plan_id', '=', certificateId)),
      ...ofCertificate.map((occasion) =>
        e.and([
          e('key', '>', `${occasion}:${certificateId}:`),
          e('key', '<', `${occasion}:${certificateId};`),
        ]),
      ),
    ]),
  )
}

/** The steps of an organization that nobody was told of, the newest first. */
export function selectSkipped(
  queries: Queries,
  { organizationId, certificateId, limit }: RowRequest,
  before: string | undefined,
) {
  let rows = queries
    .selectFrom('expiry_steps')
    .innerJoin('certificates', 'certificates.id', 'plan_id')
    .select([
      'expiry_steps.id',
      'plan_id',
      'expiry_steps.not_after',
      'days',
      'at',
      'reason',
      'name',
      'environment',
    ])
    .where('expiry_steps.organization_id', '=', organizationId)
    // A literal: with a parameter SQLite does not use the partial index.
    .where('expiry_steps.state', '=', sql.lit('skipped'))
    .orderBy('expiry_steps.id', 'desc')
    .limit(limit)
  if (certificateId !== undefined) rows = rows.where('plan_id', '=', certificateId)
  return before === undefined ? rows : rows.where('expiry_steps.id', '<', `exp_${before}`)
}

/** How many certificates of an email are named. */
const maxNamed = 20

/** What emails tell of, by the ID of each: why its recipient got it, and the certificates that expire first. */
export async function readLetters(queries: Queries, outboxIds: readonly string[]) {
  const letters = new Map<string, Letter>()
  if (outboxIds.length === 0) return letters
  const placed = queries
    .selectFrom('expiry_letters')
    .select([
      'outbox_id',
      'plan_id',
      'days',
      'role',
      sql<number>`row_number() over (partition by outbox_id order by days, plan_id)`.as('place'),
      sql<number>`count(*) over (partition by outbox_id)`.as('total'),
    ])
    .where('outbox_id', 'in', outboxIds)
  const rows = await queries
    .selectFrom(placed.as('placed'))
    .innerJoin('certificates', 'certificates.id', 'placed.plan_id')
    .select([
      'outbox_id',
      'placed.days',
      'role',
      'total',
      'certificates.id',
      'name',
      'environment',
      'not_after',
    ])
    .where('place', '<=', maxNamed)
    .orderBy('outbox_id')
    .orderBy('place')
    .execute()
  for (const row of rows) {
    const letter = letters.get(row.outbox_id) ?? {
      role: row.role,
      count: Number(row.total),
      certificates: [],
    }
    letters.set(row.outbox_id, letter)
    const { id, name, environment, not_after: notAfter, days } = row
    letter.certificates.push({ id, name, environment, notAfter, days })
  }
  return letters
}

/** Returns certificates of the organization by their ID. */
export async function readNames(
  queries: Queries,
  organizationId: string,
  ids: readonly string[],
): Promise<Map<string, LetterCertificate>> {
  if (ids.length === 0) return new Map()
  const rows = await queries
    .selectFrom('certificates')
    .select(['id', 'name', 'environment', 'not_after'])
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .execute()
  return new Map(
    rows.map(({ id, name, environment, not_after: notAfter }) => [
      id,
      { id, name, environment, notAfter, days: null },
    ]),
  )
}
