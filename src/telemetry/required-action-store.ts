import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import { acceptedReplacement } from '../storage/accepted-replacement.ts'
import type { Database, Queries } from '../storage/database.ts'
import { isReplaced } from '../storage/is-replaced.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'

/** The part of a certificate that an action shows. */
export type ActionRow = Pick<
  CertificateRow,
  'id' | 'name' | 'description' | 'status' | 'not_after' | 'replaces_id'
>

/** An organization in an environment, at a time in milliseconds since 1970. */
interface Place {
  organizationId: string
  environment: string
  now: number
}

interface Limit {
  limit: number
}

const columns = [
  'certificates.id',
  'certificates.name',
  'certificates.description',
  'certificates.status',
  'certificates.not_after',
  'certificates.replaces_id',
] as const

const ofPlace = (queries: Queries, { organizationId, environment }: Place) =>
  queries
    .selectFrom('certificates')
    .select(columns)
    .where('certificates.organization_id', '=', organizationId)
    .where('certificates.environment', '=', environment)

/** Restricts to replacements that a signal tells of: it can be dismissed, and is not said twice. */
const isSignal = () =>
  sql<boolean>`exists (select 1 from signals where signals.kind = 'replacement_unused'
    and signals.subject = certificates.id and signals.resolved_at is null)`

/** Restricts to replacements that can still be accepted, or will be. */
const isOpen = (now: number) =>
  sql<boolean>`(certificates.status in ('draft', 'pending')
    or (certificates.status = 'issued' and certificates.not_after > ${endedBefore(now)}))`

/** Creates the store that finds what needs action, in an amount that does not grow with the organization. */
export function createRequiredActionStore({ aside: queries }: Database) {
  return {
    /**
     * Lists the issued certificates that expire from `since` to before `until` and of which no gateway has
     * accepted a replacement; those that expire first at the start.
     */
    listExpiring(place: Place, { since, until, limit }: Limit & { since: number; until: number }) {
      // Literals and no parameters: SQLite uses the partial index only for them.
      return ofPlace(queries, place)
        .where('certificates.status', '=', sql.lit('issued'))
        .where('replaced_at', 'is', null)
        .where('not_after', '>=', since)
        .where('not_after', '<', until)
        .orderBy('not_after')
        .orderBy('id')
        .limit(limit)
        .execute()
    },

    /** Lists such certificates whose accepted replacement was revoked, with no other one in its place. */
    listLostReplacements(place: Place, { since, until, limit }: Limit & { since: number; until: number }) {
      return queries
        .selectFrom('certificates as lost')
        .innerJoin('certificates', 'certificates.id', 'lost.replaces_id')
        .select(columns)
        .where('lost.organization_id', '=', place.organizationId)
        .where('lost.environment', '=', place.environment)
        .where('lost.status', '=', sql.lit('revoked'))
        .where('lost.replaces_id', 'is not', null)
        .where('lost.replaced_at', 'is', null)
        .where('lost.first_used_at', 'is not', null)
        .where('certificates.status', '=', 'issued')
        .where('certificates.not_after', '>=', since)
        .where('certificates.not_after', '<', until)
        .where(isReplaced(), '=', 0)
        .orderBy('lost.revoked_at', 'desc')
        .limit(limit)
        .execute()
    },

    /** Lists the valid certificates of which a gateway has accepted a replacement; those that expire first at the start. */
    listReplaced(place: Place, { limit }: Limit) {
      // Literals and no parameters: SQLite uses the partial index only for them.
      return ofPlace(queries, place)
        .select(acceptedReplacement(place.now).as('accepted_at'))
        .where('certificates.status', '=', sql.lit('issued'))
        .where('replaced_at', 'is not', null)
        .where('not_after', '>', endedBefore(place.now))
        .where(isReplaced(), '=', 1)
        .orderBy('not_after')
        .orderBy('id')
        .limit(limit)
        .execute()
    },

    /** Lists the open replacements that no gateway has accepted and no signal tells of, newest first. */
    listUnaccepted(place: Place, { limit }: Limit) {
      return ofPlace(queries, place)
        .where('certificates.replaces_id', 'is not', null)
        .where('first_used_at', 'is', null)
        .where(isOpen(place.now))
        .where(({ not }) => not(isSignal()))
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    },

    /** Lists drafts or pending certificates that replace none, newest first. */
    listUnfinished(place: Place, { status, limit }: Limit & { status: 'draft' | 'pending' }) {
      return ofPlace(queries, place)
        .where('certificates.status', '=', status)
        .where('certificates.replaces_id', 'is', null)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    },

    /**
     * Lists addresses to which the last email about an expiry did not come since `since`, each with the certificate
     * whose contact it is and that expires first, and how many there are.
     */
    async listUndeliverable(place: Place, { since, limit }: Limit & { since: number }) {
      const emails = await queries
        .selectFrom('outbox')
        .select(['id', 'recipient'])
        .where('organization_id', '=', place.organizationId)
        .where('withheld', '=', sql.lit('undeliverable'))
        .where('created_at', '>=', since)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('outbox as later')
                .select('later.id')
                .where(sql`lower(later.recipient)`, '=', sql`lower(outbox.recipient)`)
                .whereRef('later.id', '>', 'outbox.id')
                .where('later.sent_at', 'is not', null),
            ),
          ),
        )
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      if (emails.length === 0) return []
      const rows = await ofPlace(queries, place)
        .innerJoin('expiry_letters', 'expiry_letters.plan_id', 'certificates.id')
        .innerJoin('outbox', 'outbox.id', 'expiry_letters.outbox_id')
        .select('outbox.recipient')
        .distinct()
        .where(
          'expiry_letters.outbox_id',
          'in',
          emails.map(({ id }) => id),
        )
        .where('expiry_letters.role', '=', 'contact')
        .where('certificates.status', '=', 'issued')
        .where('certificates.replaced_at', 'is', null)
        .where(sql<boolean>`lower(contacts) like '%"' || lower(outbox.recipient) || '"%'`)
        .orderBy('certificates.not_after')
        .orderBy('certificates.id')
        .limit(limit)
        .execute()
      return [...Map.groupBy(rows, ({ recipient }) => recipient.toLowerCase()).values()].map((all) => ({
        ...(all[0] as (typeof rows)[number]),
        count: all.length,
      }))
    },

    /** Lists the certificates with these IDs. */
    listByIds: (place: Place, ids: readonly string[]): Promise<ActionRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : ofPlace(queries, place).where('certificates.id', 'in', ids).execute(),

    /** Lists the open replacements of these certificates that no gateway has accepted, oldest first. */
    listReplacements: (place: Place, ids: readonly string[]): Promise<ActionRow[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : ofPlace(queries, place)
            .where('certificates.replaces_id', 'in', ids)
            .where('first_used_at', 'is', null)
            .where(isOpen(place.now))
            .orderBy('created_at')
            .orderBy('id')
            .execute(),

    /** Returns how many requests with each of these certificates were denied since the hour `since`. */
    async countDenied(ids: readonly string[], since: number): Promise<Map<string, number>> {
      if (ids.length === 0) return new Map()
      const rows = await queries
        .selectFrom('usage')
        .select((e) => ['certificate_id', e.fn.sum<number>('refusals').as('count')])
        .where('certificate_id', 'in', ids)
        .where('grain', '=', 'hour')
        .where('start', '>=', since)
        .groupBy('certificate_id')
        .execute()
      return new Map(rows.map((row) => [row.certificate_id, Number(row.count)]))
    },
  }
}

export type RequiredActionStore = ReturnType<typeof createRequiredActionStore>
