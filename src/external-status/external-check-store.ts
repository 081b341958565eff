import { sql } from 'kysely'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import type { ExternalCheckRow } from '../storage/tables/external-status-tables.ts'
import { quiet } from '../storage/transact.ts'
import type { AskedStatement } from './describe-sources.ts'

/** A statement of a CA that is due to be asked for. Times are milliseconds since 1970. */
export interface Check extends AskedStatement {
  thisUpdate: number | null
  failures: number
}

/** A certificate that a statement is about. */
export interface Link {
  certificateId: string
  organizationId: string
  depth: number
  serialNumber: string
  subject: string
}

/** A minute: a certificate that is registered has a list fetched again, and not more often. */
export const askedAgainMs = 60_000
/** How many rows one customer, and one host, has of those that are begun next. */
const fairShare = 4
const maxDue = 64
/** After so many failures, the sources that say the same are asked too. */
const failuresBeforeOthers = 2

/** Creates the store of the statements of other CAs: when each is asked for, and until when the last answer holds. */
export function createExternalCheckStore({ transaction, queries, aside }: Database) {
  return {
    /** Lists the statements that are due, without those whose IDs are given: no customer and no host has more than four of them. */
    async listDue(issuerIds: readonly string[], running: readonly string[], now: number): Promise<Check[]> {
      if (issuerIds.length === 0) return []
      let due = queries
        .selectFrom('external_checks')
        .selectAll()
        .select([
          sql<number>`row_number() over (partition by organization_id order by next_at, id)`.as('own'),
          sql<number>`row_number() over (partition by host order by next_at, id)`.as('of_host'),
        ])
        .where('next_at', '<=', now)
        .where('issuer_id', 'in', issuerIds)
      if (running.length > 0) due = due.where('id', 'not in', running)
      const rows = await queries
        .selectFrom(due.as('due'))
        .selectAll()
        .where('own', '<=', fairShare)
        .where('of_host', '<=', fairShare)
        .orderBy('next_at')
        .limit(maxDue)
        .execute()
      return rows.map(toCheck)
    },

    /** Lists the valid certificates that a statement is about. */
    async listLinks(checkId: string): Promise<Link[]> {
      const rows = await aside
        .selectFrom('external_links')
        .innerJoin('certificates', 'certificates.id', 'certificate_id')
        .select([
          'certificate_id',
          'organization_id',
          'depth',
          'external_links.serial_number',
          'external_links.subject',
        ])
        .where('check_id', '=', checkId)
        .where('certificates.status', '=', 'issued')
        .execute()
      return rows.map((row) => ({
        certificateId: row.certificate_id,
        organizationId: row.organization_id,
        depth: row.depth,
        serialNumber: row.serial_number,
        subject: row.subject,
      }))
    },

    /**
     * Stores an answer that was looked through for these certificates. Of two processes that ask at once, the newer
     * answer stays.
     */
    async confirm(
      check: Pick<Check, 'id'>,
      answer: { confirmedUntil: number; thisUpdate: number; nextAt: number },
      lookedFor: readonly string[],
      now: number,
    ): Promise<void> {
      await transaction(async (tx) => {
        const kept = await tx
          .updateTable('external_checks')
          .set({
            ...{ confirmed_until: answer.confirmedUntil, this_update: answer.thisUpdate, answered_at: now },
            ...{ asked_at: now, failing_since: null, failures: 0, problem: null, next_at: answer.nextAt },
          })
          .where('id', '=', check.id)
          .where((e) => e.or([e('this_update', 'is', null), e('this_update', '<=', answer.thisUpdate)]))
          .returning('id')
          .executeTakeFirst()
        if (kept === undefined) return
        const unlooked = await tx
          .selectFrom('external_links')
          .select('certificate_id')
          .where('check_id', '=', check.id)
          .where('looked_at', 'is', null)
          .execute()
        const looked = new Set(lookedFor)
        for (const { certificate_id: certificateId } of unlooked)
          if (looked.has(certificateId)) await noteLooked(tx, certificateId, check.id, now)
          // It was registered meanwhile.
          else
            await tx
              .updateTable('external_checks')
              .set({ next_at: now + askedAgainMs })
              .where('id', '=', check.id)
              .execute()
        await recordChange(tx, 'external-check', check.id, now)
      })
    },

    /** Stores why a statement could not be had. From the second failure on, sources that say the same are asked. */
    async fail(
      { id, failures }: Pick<Check, 'id' | 'failures'>,
      { problem, nextAt }: { problem: string; nextAt: number },
      now: number,
    ): Promise<void> {
      await transaction(async (tx) => {
        await tx
          .updateTable('external_checks')
          .set((e) => ({
            ...{ problem, next_at: nextAt, asked_at: now, failures: failures + 1 },
            failing_since: e.fn.coalesce('failing_since', e.val(now)),
          }))
          .where('id', '=', id)
          .execute()
        if (failures + 1 >= failuresBeforeOthers) await wakeOthers(tx, id, now)
      }, quiet)
    },

    /** Lets a source wait again whose certificate another one answers for; returns whether it waits. */
    async standBy(id: string, now: number): Promise<boolean> {
      const waiting = await queries
        .updateTable('external_checks')
        .set({ next_at: null, failing_since: null, failures: 0, problem: null })
        .where('id', '=', id)
        .where('kind', '=', 'ocsp')
        .where((e) => e.exists(selectAnswering(queries, id, now)))
        .returning('id')
        .executeTakeFirst()
      return waiting !== undefined
    },
  }
}

export type ExternalCheckStore = ReturnType<typeof createExternalCheckStore>

async function noteLooked(tx: Tx, certificateId: string, checkId: string, now: number): Promise<void> {
  await tx
    .updateTable('external_links')
    .set({ looked_at: now })
    .where('certificate_id', '=', certificateId)
    .where('check_id', '=', checkId)
    .execute()
  await recordChange(tx, 'external-status', certificateId, now)
}

/** Has the sources asked that say the same as a failing one. */
async function wakeOthers(tx: Tx, id: string, now: number): Promise<void> {
  await tx
    .updateTable('external_checks')
    .set({ next_at: now })
    .where('kind', '=', 'ocsp')
    .where('next_at', 'is', null)
    .where('id', 'in', selectSiblings(tx, id).select('other.check_id'))
    .execute()
}

/** The links to all sources that say something of the certificates of one source. */
const selectSiblings = (from: Queries, id: string) =>
  from
    .selectFrom('external_links as own')
    .innerJoin('external_links as other', (join) =>
      join.onRef('other.certificate_id', '=', 'own.certificate_id').onRef('other.depth', '=', 'own.depth'),
    )
    .where('own.check_id', '=', id)

/** The CRLs that answer for the certificate of a responder. */
const selectAnswering = (from: Queries, id: string, now: number) =>
  selectSiblings(from, id)
    .innerJoin('external_checks as list', 'list.id', 'other.check_id')
    .select('list.id')
    .where('list.kind', '=', 'crl')
    .where('list.failures', '=', 0)
    .where('list.confirmed_until', '>', now)

/** Returns a stored statement as it is asked for. */
export const toCheck = (row: ExternalCheckRow): Check => ({
  id: row.id,
  organizationId: row.organization_id,
  kind: row.kind,
  host: row.host,
  urls: JSON.parse(row.urls),
  issuer: row.issuer,
  issuerDer: new Uint8Array(row.issuer_der),
  serialNumber: row.serial_number,
  isOfAuthorities: row.is_of_authorities === 1,
  thisUpdate: row.this_update,
  failures: row.failures,
})
