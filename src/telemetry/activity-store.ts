import { type Selectable, sql } from 'kysely'
import type { ActivityView } from '../contract/activity.ts'
import { outcomeNames } from '../contract/enum-names.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import type { Database, Queries } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import type { ActivityRow } from '../storage/tables/telemetry-tables.ts'

const maxAtOnce = 500

interface PageRequest {
  cursor?: string | undefined
  limit: number
}

/** A certificate of an organization. */
interface OneCertificate {
  organizationId: string
  certificateId: string
}

const paging = createPaging('activity', [cursorParts.number])

/** The filter of a list of the events of an organization. */
type ActivityListQuery = Received<(typeof operations)['listActivity']>['query']

const byTime = createPaging('activity by time', [cursorParts.number, cursorParts.number])

const select = (queries: Queries) =>
  queries
    .selectFrom('activity')
    .leftJoin('certificates', 'certificates.id', 'activity.certificate_id')
    .selectAll('activity')
    .select('certificates.name as certificate_name')

/** Returns the query of one page of the events of an organization, and one row more. */
export function selectActivity(queries: Queries, organizationId: string, query: ActivityListQuery) {
  const { cursor, limit, ...filter } = query
  const { environment, outcome, certificateId, code, status, traceId, from, to } = filter
  // A certificate and a trace ID have few events: an index of the organization would read all of them.
  const isRare = certificateId !== undefined || traceId !== undefined
  let rows = select(queries)
    .where(isRare ? sql`(activity.organization_id || '')` : 'activity.organization_id', '=', organizationId)
    .orderBy('activity.at', 'desc')
    .orderBy('activity.sequence', 'desc')
    .limit(limit + 1)
  if (environment !== undefined) rows = rows.where('activity.environment', '=', environment)
  // A literal: with a parameter SQLite does not use the partial index.
  if (outcome !== undefined)
    rows = rows.where('activity.outcome', '=', sql.lit(outcomeNames.toStored(outcome)))
  if (certificateId !== undefined) rows = rows.where('activity.certificate_id', '=', certificateId)
  if (traceId !== undefined) rows = rows.where('activity.trace_id', '=', traceId)
  if (code !== undefined)
    rows = rows.where('activity.code', '=', code).where('activity.outcome', '=', sql.lit('refused'))
  if (status !== undefined) rows = rows.where('activity.status', '=', status)
  if (from !== undefined) rows = rows.where('activity.at', '>=', Date.parse(from))
  if (to !== undefined) rows = rows.where('activity.at', '<', Date.parse(to))
  const after = byTime.findPosition(cursor, filter)
  if (after === undefined) return rows
  return rows.where((e) => e(e.refTuple('activity.at', 'activity.sequence'), '<', e.tuple(...after)))
}

/** Creates the store that reads gateway events. Every list names the organization. */
export function createActivityStore({ queries, aside }: Database) {
  const readPage = async (
    query: ReturnType<typeof select>,
    { cursor, limit }: PageRequest,
  ): Promise<Page<ActivityView>> => {
    const from = paging.findPosition(cursor)
    const rows = await (from === undefined ? query : query.where('activity.sequence', '<', from[0]))
      .orderBy('activity.sequence', 'desc')
      .limit(limit + 1)
      .execute()
    return paging.toPage(rows, limit, (row) => [row.sequence], toActivityView)
  }

  return {
    /** Lists the events of one certificate, denials included; the latest first. */
    listByCertificate(
      organizationId: string,
      certificateId: string,
      page: PageRequest,
    ): Promise<Page<ActivityView>> {
      const query = select(aside)
        .where('activity.organization_id', '=', organizationId)
        .where('activity.certificate_id', '=', certificateId)
      return readPage(query, page)
    },

    /** Lists the events of an organization, the latest first. */
    async listByOrganization(organizationId: string, query: ActivityListQuery): Promise<Page<ActivityView>> {
      const { cursor: _, limit, ...filter } = query
      const rows = await selectActivity(aside, organizationId, query).execute()
      return byTime.toPage(rows, { limit, filter }, (row) => [row.at, row.sequence], toActivityView)
    },

    /** Lists the events after `sequence`, oldest first, at most 500 rows. */
    async readAfter(
      sequence: number,
    ): Promise<{ sequence: number; organizationId: string | null; activity: ActivityView }[]> {
      const rows = await select(queries)
        .where('activity.sequence', '>', sequence)
        .orderBy('activity.sequence')
        .limit(maxAtOnce)
        .execute()
      return rows.map((row) => ({
        sequence: row.sequence,
        organizationId: row.organization_id,
        activity: toActivityView(row),
      }))
    },

    /** Lists the events of one certificate after `sequence`, oldest first, at most 500 rows. */
    async readCertificateAfter(
      { organizationId, certificateId }: OneCertificate,
      sequence: number,
    ): Promise<{ sequence: number; activity: ActivityView }[]> {
      const rows = await select(queries)
        .where('activity.organization_id', '=', organizationId)
        .where('activity.certificate_id', '=', certificateId)
        .where('activity.sequence', '>', sequence)
        .orderBy('activity.sequence')
        .limit(maxAtOnce)
        .execute()
      return rows.map((row) => ({ sequence: row.sequence, activity: toActivityView(row) }))
    },

    /** Returns an event of a certificate by its id, or the newest; undefined if it is not stored. */
    findPosition(
      { organizationId, certificateId }: OneCertificate,
      id?: string,
    ): Promise<{ id: string; sequence: number } | undefined> {
      const query = queries
        .selectFrom('activity')
        .select(['id', 'sequence'])
        .where('organization_id', '=', organizationId)
        .where('certificate_id', '=', certificateId)
      return (id === undefined ? query : query.where('id', '=', id))
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** Returns the latest sequence number, 0 before the first row. */
    async latestSequence(): Promise<number> {
      const row = await queries
        .selectFrom('activity')
        .select((e) => e.fn.max('sequence').as('sequence'))
        .executeTakeFirst()
      return Number(row?.sequence ?? 0)
    },
  }
}

/** Returns a gateway event as users see it. */
export function toActivityView(
  row: Selectable<ActivityRow> & { certificate_name: string | null },
): ActivityView {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    kind: row.kind,
    outcome: outcomeNames.toName(row.outcome),
    code: row.code,
    unenforcedCode: row.would_be_code,
    explanation: row.explanation,
    environment: row.environment,
    identityProven: row.proven === 1,
    certificate:
      row.certificate_id === null ? null : { id: row.certificate_id, name: row.certificate_name ?? '' },
    clientId: row.client_id,
    method: row.method,
    path: row.path,
    status: row.status,
    tlsVersion: row.tls_version,
    tlsCipher: row.cipher,
    tlsResumed: row.resumed === 1,
    clientAddress: row.client_address,
    serverName: row.server_name,
    presentedCertificate: row.presented === null ? null : JSON.parse(row.presented),
    traceId: row.trace_id,
  }
}
