import { sql } from 'kysely'
import type { Database, Queries } from '../storage/database.ts'
import { deleteOldHours } from '../storage/delete-old-hours.ts'
import type { PolicyScope, Readiness, WouldBeDenied } from './policy.ts'

const maxCauses = 100

/** Creates the store of the gateways' call counts during monitoring. */
export function createReadinessStore({ queries }: Database) {
  return {
    /**
     * Returns the counts of an organization since the mode began; recent counts are those after
     * `recentSince`.
     */
    sum: (place: PolicyScope, since: number, recentSince: number): Promise<Readiness> =>
      sumReadiness(queries, place, since, recentSince),

    /** Lists the calls that would be denied, by cause and client, the latest first. */
    async listCauses({ organizationId, environment }: PolicyScope, since: number): Promise<WouldBeDenied[]> {
      const rows = await queries
        .selectFrom('readiness_hours')
        .leftJoin('credentials', 'credentials.id', 'credential_id')
        .select((e) => [
          'code',
          'credential_id',
          'client_id',
          'credentials.name',
          e.fn.sum<number>('calls').as('calls'),
          e.fn.max<number>('last_at').as('last_at'),
          e
            .selectFrom('readiness_hours as newest')
            .select('newest.last_address')
            .whereRef('newest.organization_id', '=', 'readiness_hours.organization_id')
            .whereRef('newest.environment', '=', 'readiness_hours.environment')
            .whereRef('newest.since', '=', 'readiness_hours.since')
            .whereRef('newest.credential_id', '=', 'readiness_hours.credential_id')
            .whereRef('newest.code', '=', 'readiness_hours.code')
            .orderBy('newest.last_at', 'desc')
            .limit(1)
            .as('last_address'),
        ])
        .where('readiness_hours.organization_id', '=', organizationId)
        .where('readiness_hours.environment', '=', environment)
        .where('since', '=', since)
        .where('code', '!=', '')
        .groupBy([
          'readiness_hours.organization_id',
          'readiness_hours.environment',
          'since',
          'code',
          'credential_id',
          'client_id',
          'credentials.name',
        ])
        .orderBy('last_at', 'desc')
        .limit(maxCauses)
        .execute()
      return rows.flatMap(({ code, ...row }) => {
        if (code === '') return []
        const credential =
          row.client_id === null
            ? null
            : { id: row.credential_id, clientId: row.client_id, name: row.name ?? '' }
        const [calls, lastAt] = [Number(row.calls), Number(row.last_at)]
        return [{ code, credential, calls, lastAt, lastAddress: row.last_address ?? '' }]
      })
    },

    /** Deletes counts from before `before`. */
    forgetOld: (before: number): Promise<void> => deleteOldHours(queries, 'readiness_hours', before),
  }
}

export type ReadinessStore = ReturnType<typeof createReadinessStore>

/** Returns the sum of the counts; an hour that is partly recent counts completely. */
export async function sumReadiness(
  from: Queries,
  { organizationId, environment }: PolicyScope,
  since: number,
  recentSince: number,
): Promise<Readiness> {
  const sumWhere = (condition: ReturnType<typeof sql<boolean>>) =>
    sql<number>`coalesce(sum(case when ${condition} then calls else 0 end), 0)`
  const row = await from
    .selectFrom('readiness_hours')
    .select([
      sumWhere(sql<boolean>`code = ''`).as('passing'),
      sumWhere(sql<boolean>`code <> ''`).as('refused'),
      sumWhere(sql<boolean>`code <> '' and last_at > ${recentSince}`).as('recent'),
    ])
    .where('organization_id', '=', organizationId)
    .where('environment', '=', environment)
    .where('since', '=', since)
    .executeTakeFirstOrThrow()
  return { passing: Number(row.passing), refused: Number(row.refused), recent: Number(row.recent) }
}
