import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { askedAgainMs, type Check, toCheck } from './external-check-store.ts'

/** A source as operators see it. */
export interface Source extends Check {
  issuerId: string
  /** Valid certificates that it is about. */
  certificates: number
  createdAt: number
  confirmedUntil: number | null
  answeredAt: number | null
  failingSince: number | null
  problem: string | null
  nextAt: number | null
}

interface SourceQuery {
  cursor?: string | undefined
  limit: number
  only?: 'failing' | undefined
}

const paging = createPaging('external-sources', [cursorParts.number, cursorParts.name])

/** Creates what lists and counts the sources for operators. */
export function createSourceListStore({ aside }: Pick<Database, 'aside'>) {
  return {
    /**
     * Counts the sources that are asked, by whether their last answer holds: `current`; `failing` while they cannot be had
     * again; and `ended`, also before the first answer.
     */
    async count(now: number): Promise<Record<'current' | 'failing' | 'ended', number>> {
      const rows = await aside
        .selectFrom('external_checks')
        .select((e) => [
          e
            .case()
            .when(e.or([e('confirmed_until', 'is', null), e('confirmed_until', '<=', now)]))
            .then(sql<'ended'>`'ended'`)
            .when('failures', '>', 0)
            .then(sql<'failing'>`'failing'`)
            .else(sql<'current'>`'current'`)
            .end()
            .as('state'),
          e.fn.countAll<number>().as('count'),
        ])
        .where('next_at', 'is not', null)
        .where((e) => e.or([e('asked_at', 'is not', null), e('created_at', '<', now - askedAgainMs)]))
        .groupBy('state')
        .execute()
      const counts = { current: 0, failing: 0, ended: 0 }
      for (const { state, count } of rows) counts[state] = Number(count)
      return counts
    },

    /** Lists the sources below these issuers; the one whose last answer ends first comes first. */
    async list({ cursor, limit, ...filter }: SourceQuery): Promise<Page<Source>> {
      const end = sql<number>`coalesce(confirmed_until, 0)`
      let rows = aside
        .selectFrom('external_checks')
        .selectAll()
        .select((e) => [
          end.as('end'),
          e
            .selectFrom('external_links')
            .innerJoin('certificates', 'certificates.id', 'certificate_id')
            .select(e.fn.countAll<number>().as('count'))
            .whereRef('check_id', '=', 'external_checks.id')
            .where('certificates.status', '=', 'issued')
            .as('certificates'),
        ])
        .orderBy(end)
        .orderBy('id')
        .limit(limit + 1)
      if (filter.only === 'failing') rows = rows.where('failures', '>', 0)
      const after = paging.findPosition(cursor, filter)
      if (after !== undefined)
        rows = rows.where(sql<boolean>`(coalesce(confirmed_until, 0), id) > (${after[0]}, ${after[1]})`)
      return paging.toPage(
        await rows.execute(),
        { limit, filter },
        (row) => [row.end, row.id],
        (row) => ({
          ...toCheck(row),
          issuerId: row.issuer_id,
          certificates: Number(row.certificates),
          createdAt: row.created_at,
          confirmedUntil: row.confirmed_until,
          answeredAt: row.answered_at,
          failingSince: row.failing_since,
          problem: row.problem,
          nextAt: row.next_at,
        }),
      )
    },
  }
}

export type SourceListStore = ReturnType<typeof createSourceListStore>
