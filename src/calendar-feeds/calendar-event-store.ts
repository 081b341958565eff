import { endedCalendarDays, maxCalendarEvents } from '../contract/calendar-feed.ts'
import type { Database } from '../storage/database.ts'
import { isReplaced } from '../storage/is-replaced.ts'
import { quiet } from '../storage/transact.ts'

const day = 86_400_000
const rowsPerStatement = 200

/** The end of a certificate, as the store has it. */
export interface CertificateEnd {
  id: string
  name: string
  description: string
  /** The end of its validity, or the earlier retirement of its CA; milliseconds since 1970. */
  endsAt: number
  /** Why nobody needs to act on it; undefined if somebody does. */
  cancelled: 'replaced' | 'revoked' | undefined
}

/** What was last said of a certificate. */
export interface SaidEvent {
  certificateId: string
  digest: string
  endsAt: number
}

/** Creates the store of what calendars are told of certificates. */
export function createCalendarEventStore({ queries, transaction }: Database) {
  const select = (organizationId: string, environment: string, now: number) =>
    queries
      .selectFrom('certificates')
      .leftJoin('issuers', 'issuers.id', 'certificates.issuer_id')
      .select(['certificates.id', 'certificates.name', 'certificates.description', 'certificates.status'])
      .select(['certificates.not_after', 'issuers.retires_at'])
      .where('certificates.organization_id', '=', organizationId)
      .where('certificates.environment', '=', environment)
      .where('certificates.not_after', '>', now - endedCalendarDays * day)
      .orderBy('certificates.not_after')
      .orderBy('certificates.id')

  return {
    /**
     * Lists the certificates of an organization in an environment that end first, at most `maxCalendarEvents`: those
     * that are in force, then those that were replaced or revoked.
     */
    async listEnds(organizationId: string, environment: string, now: number): Promise<CertificateEnd[]> {
      const inForce = await select(organizationId, environment, now)
        .where('certificates.status', '=', 'issued')
        .where(isReplaced(), '=', 0)
        .limit(maxCalendarEvents)
        .execute()
      const room = maxCalendarEvents - inForce.length
      const others =
        room === 0
          ? []
          : await select(organizationId, environment, now)
              .where((e) =>
                e.or([
                  e('certificates.status', '=', 'revoked'),
                  e.and([e('certificates.status', '=', 'issued'), e(isReplaced(), '=', 1)]),
                ]),
              )
              .limit(room)
              .execute()
      return [
        ...inForce.map((row) => toEnd(row, undefined)),
        ...others.map((row) => toEnd(row, toCause(row))),
      ]
    },

    /**
     * Raises the sequence of each certificate of which something else is said than before. Returns sequence and time of
     * the last change by certificate.
     */
    async keepSaid(
      said: readonly SaidEvent[],
      now: number,
    ): Promise<ReadonlyMap<string, { sequence: number; changedAt: number }>> {
      const known = await readKnown(said)
      const changed = said.filter(({ certificateId, digest }) => known.get(certificateId)?.digest !== digest)
      if (changed.length === 0) return known
      for (let start = 0; start < changed.length; start += rowsPerStatement)
        await transaction((tx) => upsert(tx, changed.slice(start, start + rowsPerStatement), now), quiet)
      return readKnown(said)
    },
  }

  async function readKnown(said: readonly SaidEvent[]) {
    const known = new Map<string, { sequence: number; changedAt: number; digest: string }>()
    for (let start = 0; start < said.length; start += rowsPerStatement) {
      const ids = said.slice(start, start + rowsPerStatement).map(({ certificateId }) => certificateId)
      const rows = await queries
        .selectFrom('calendar_events')
        .select(['certificate_id', 'sequence', 'digest', 'changed_at'])
        .where('certificate_id', 'in', ids)
        .execute()
      for (const { certificate_id, sequence, digest, changed_at } of rows)
        known.set(certificate_id, { sequence: Number(sequence), digest, changedAt: Number(changed_at) })
    }
    return known
  }
}

export type CalendarEventStore = ReturnType<typeof createCalendarEventStore>

/** Two readers at a time raise a sequence once. */
const upsert = (
  tx: Parameters<Parameters<Database['transaction']>[0]>[0],
  said: readonly SaidEvent[],
  now: number,
) =>
  tx
    .insertInto('calendar_events')
    .values(
      // In one order, so that two processes do not wait for each other.
      said
        .toSorted((one, other) => (one.certificateId < other.certificateId ? -1 : 1))
        .map(({ certificateId, digest, endsAt }) => ({
          ...{ certificate_id: certificateId, sequence: 0, digest },
          ...{ changed_at: now, ends_at: endsAt },
        })),
    )
    .onConflict((conflict) =>
      conflict
        .column('certificate_id')
        .doUpdateSet((e) => ({
          sequence: e('calendar_events.sequence', '+', 1),
          digest: e.ref('excluded.digest'),
          changed_at: e.ref('excluded.changed_at'),
          ends_at: e.ref('excluded.ends_at'),
        }))
        .whereRef('calendar_events.digest', '<>', 'excluded.digest'),
    )
    .execute()

interface Row {
  id: string
  name: string
  description: string
  status: string
  not_after: number | null
  retires_at: number | null
}

const toCause = ({ status }: Row) => (status === 'revoked' ? 'revoked' : 'replaced')

function toEnd(row: Row, cancelled: CertificateEnd['cancelled']): CertificateEnd {
  const notAfter = row.not_after ?? 0
  const endsAt = Math.min(notAfter, row.retires_at ?? notAfter)
  return { id: row.id, name: row.name, description: row.description, endsAt, cancelled }
}
