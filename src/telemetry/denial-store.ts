import { sql } from 'kysely'
import type { DenialCountView, DenialView } from '../contract/denial.ts'
import type { Database } from '../storage/database.ts'
import { deleteOldHours } from '../storage/delete-old-hours.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { toActivityView } from './activity-store.ts'

const hour = 3_600_000

/** A range of time, in milliseconds since 1970; undefined is no limit. */
export interface DenialTime {
  from?: number | undefined
  to?: number | undefined
}

/** The filter for denied requests; undefined means all. */
export interface DenialFilter extends DenialTime {
  environment?: string | undefined
  /** A slug. */
  organization?: string | undefined
  organizationId?: string | undefined
  code?: string | undefined
  traceId?: string | undefined
}

const paging = createPaging('refusals', [cursorParts.number])

/** Creates the store that reads denied requests, of all organizations and unattributed ones. */
export function createDenialStore({ queries, aside }: Database) {
  return {
    /**
     * Returns how often each cause occurred, the most frequent first: from the hour of `from` on, in the hours that
     * begin before `to`.
     */
    async count(
      { from, to }: DenialTime,
      { environment, organization }: Pick<DenialFilter, 'environment' | 'organization'>,
    ): Promise<DenialCountView[]> {
      let query = aside
        .selectFrom('refusal_hours')
        .leftJoin('organizations', 'organizations.id', 'organization_id')
        .select((e) => [
          'code',
          e.fn.sum<number>('count').as('count'),
          e.fn.sum<number>('unproven').as('unproven'),
          e.fn.max<number>('last_at').as('last_at'),
          e.fn.count<number>('slug').distinct().as('organizations'),
        ])
        .groupBy('code')
        .orderBy('count', 'desc')
        .orderBy('code')
      if (from !== undefined) query = query.where('hour', '>=', from - (from % hour))
      if (to !== undefined) query = query.where('hour', '<', to)
      if (environment !== undefined) query = query.where('environment', '=', environment)
      if (organization !== undefined) query = query.where('slug', '=', organization)
      return (await query.execute()).map((row) => ({
        code: row.code,
        count: Number(row.count),
        unprovenCount: Number(row.unproven),
        lastAt: new Date(Number(row.last_at)).toISOString(),
        organizationCount: Number(row.organizations),
      }))
    },

    /** Lists the stored denied requests, newest first. */
    async list(
      { environment, organization, organizationId, code, traceId, from: since, to }: DenialFilter,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<DenialView>> {
      let query = aside
        .selectFrom('activity')
        .leftJoin('certificates', 'certificates.id', 'activity.certificate_id')
        .leftJoin('organizations', 'organizations.id', 'activity.organization_id')
        .selectAll('activity')
        .select(['certificates.name as certificate_name', 'slug', 'legal_name'])
        // A literal: with a parameter SQLite does not use the partial indexes.
        .where('outcome', '=', sql.lit('refused'))
        .orderBy('activity.sequence', 'desc')
        .limit(limit + 1)
      if (environment !== undefined) query = query.where('activity.environment', '=', environment)
      if (organization !== undefined) query = query.where('slug', '=', organization)
      if (organizationId !== undefined) query = query.where('activity.organization_id', '=', organizationId)
      if (code !== undefined) query = query.where('code', '=', code)
      if (since !== undefined) query = query.where('activity.at', '>=', since)
      if (to !== undefined) query = query.where('activity.at', '<', to)
      if (traceId !== undefined) query = query.where('trace_id', '=', traceId)
      const from = paging.findPosition(cursor)
      if (from !== undefined) query = query.where('activity.sequence', '<', from[0])
      return paging.toPage(
        await query.execute(),
        limit,
        (row) => [row.sequence],
        (row) => ({
          ...toActivityView(row),
          organization: row.slug === null ? null : { slug: row.slug, legalName: row.legal_name ?? '' },
        }),
      )
    },

    /** Deletes counts from before `before`. */
    forgetOld: (before: number): Promise<void> => deleteOldHours(queries, 'refusal_hours', before),
  }
}

export type DenialStore = ReturnType<typeof createDenialStore>
