import type { Database } from '../storage/database.ts'
import type { UsageWindow } from './usage-window.ts'

const day = 86_400_000

const maxAddresses = 20

/** The counts of one span. Times are milliseconds since 1970. */
export interface UsageCounts {
  start: number
  handshakes: number
  ok: number
  redirects: number
  clientErrors: number
  serverErrors: number
  refusals: number
}

/** How often a value was observed, and when last. */
export interface SeenValue {
  value: string
  count: number
  lastAt: number
}

/** The retention period of each granularity, in milliseconds. */
export interface UsageRetention {
  minute: number
  hour: number
  day: number
}

/** Creates the store that reads and deletes certificate usage. Every read names the organization. */
export function createUsageReadStore({ queries, aside }: Database) {
  const inWindow = (organizationId: string, environment: string, { grain, from }: Span) =>
    aside
      .selectFrom('organization_usage')
      .where('organization_id', '=', organizationId)
      .where('environment', '=', environment)
      .where('grain', '=', grain)
      .where('start', '>=', from)

  return {
    /** Lists the non-empty spans of a certificate of the organization. */
    async listOfCertificate(
      organizationId: string,
      certificateId: string,
      { grain, from }: Span,
    ): Promise<UsageCounts[]> {
      const rows = await aside
        .selectFrom('usage')
        .innerJoin('certificates', 'certificates.id', 'usage.certificate_id')
        .select(countColumns)
        .where('organization_id', '=', organizationId)
        .where('certificate_id', '=', certificateId)
        .where('grain', '=', grain)
        .where('start', '>=', from)
        .execute()
      return rows.map(toCounts)
    },

    /** Lists the non-empty spans of an organization in an environment, those without a certificate included. */
    async listOfOrganization(
      organizationId: string,
      environment: string,
      window: Span,
    ): Promise<UsageCounts[]> {
      const rows = await inWindow(organizationId, environment, window).select(countColumns).execute()
      return rows.map(toCounts)
    },

    /** Returns how many requests of the organization were denied, and how many of them are unproven. */
    async sumOrganization(
      organizationId: string,
      environment: string,
      window: Span,
    ): Promise<{ refusals: number; unproven: number }> {
      const row = await inWindow(organizationId, environment, window)
        .select((e) => [
          e.fn.sum<number>('refusals').as('refusals'),
          e.fn.sum<number>('unproven').as('unproven'),
        ])
        .executeTakeFirst()
      return { refusals: Number(row?.refusals ?? 0), unproven: Number(row?.unproven ?? 0) }
    },

    /** Returns how many certificates of the organization were accepted after `since`. */
    async countInUse(organizationId: string, environment: string, since: number): Promise<number> {
      const row = await aside
        .selectFrom('certificates')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('organization_id', '=', organizationId)
        .where('environment', '=', environment)
        .where('last_used_at', '>=', since)
        .executeTakeFirst()
      return Number(row?.count ?? 0)
    },

    /**
     * Lists the TLS versions or addresses observed with a certificate since the day of `since`, the most
     * frequent first.
     */
    async listFacets(certificateId: string, kind: 'tls' | 'address', since: number): Promise<SeenValue[]> {
      const rows = await aside
        .selectFrom('usage_facets')
        .select((e) => [
          'value',
          e.fn.sum<number>('count').as('count'),
          e.fn.max<number>('last_at').as('lastAt'),
        ])
        .where('certificate_id', '=', certificateId)
        .where('kind', '=', kind)
        .where('day', '>=', since - (since % day))
        .groupBy('value')
        .orderBy('count', 'desc')
        .limit(maxAddresses)
        .execute()
      return rows.map((row) => ({ value: row.value, count: Number(row.count), lastAt: Number(row.lastAt) }))
    },

    /** Deletes usage past its retention period, in small steps. */
    async forgetOld(retention: UsageRetention, now: number): Promise<void> {
      for (const table of ['usage', 'organization_usage'] as const)
        for (const grain of ['minute', 'hour', 'day'] as const)
          await untilNone(() => deleteOldest(queries, table, grain, now - retention[grain]))
      await untilNone(() => deleteOldFacets(queries, now - retention.hour))
    },
  }
}

export type UsageReadStore = ReturnType<typeof createUsageReadStore>

type Span = Pick<UsageWindow, 'grain' | 'from'>

const countColumns = [
  'start',
  'handshakes',
  'ok',
  'redirects',
  'client_errors as clientErrors',
  'server_errors as serverErrors',
  'refusals',
] as const

const toCounts = ({ start, ...counts }: Record<keyof UsageCounts, number>): UsageCounts => ({
  start,
  handshakes: Number(counts.handshakes),
  ok: Number(counts.ok),
  redirects: Number(counts.redirects),
  clientErrors: Number(counts.clientErrors),
  serverErrors: Number(counts.serverErrors),
  refusals: Number(counts.refusals),
})

async function untilNone(step: () => Promise<bigint>): Promise<void> {
  while ((await step()) > 0n);
}

/** Deletes one span of all certificates or organizations at a time, the oldest first. */
async function deleteOldest(
  queries: Database['queries'],
  table: 'usage' | 'organization_usage',
  grain: string,
  before: number,
): Promise<bigint> {
  const oldest = await queries
    .selectFrom(table)
    .select('start')
    .where('grain', '=', grain)
    .where('start', '<', before)
    .orderBy('start')
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return 0n
  const { numDeletedRows } = await queries
    .deleteFrom(table)
    .where('grain', '=', grain)
    .where('start', '=', oldest.start)
    .executeTakeFirst()
  return numDeletedRows
}

async function deleteOldFacets(queries: Database['queries'], before: number): Promise<bigint> {
  const oldest = await queries
    .selectFrom('usage_facets')
    .select('day')
    .where('day', '<', before)
    .orderBy('day')
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return 0n
  const { numDeletedRows } = await queries
    .deleteFrom('usage_facets')
    .where('day', '=', oldest.day)
    .executeTakeFirst()
  return numDeletedRows
}
