import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import { longestPause, type SteadyUse, type Traffic } from './rotation.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** Counts of use that are kept, and the length of each, the coarsest first. */
const grains = [
  ['day', day],
  ['hour', hour],
] as const
/** How many counts the longest pause has at least: fewer say too little about a pause. */
const countsInPause = 4
/** Calls a minute are those of so many minutes. */
export const recentMinutes = 5
const shownAddresses = 20
const maxCredentials = 100
const allowed = sql`ok + redirects + client_errors + server_errors`

/** API credentials that came with a certificate. Times are milliseconds since 1970. */
export interface CredentialUse {
  id: string
  clientId: string
  name: string
  lastAt: number
}

/** Tokens that were issued to credentials with a certificate: at most how many are valid, and the last of all. */
export interface IssuedTokens {
  certificateId: string
  credentialId: string
  count: number
  lastAt: number
}

/** Creates the store that reads what gateways have counted of certificates. */
export function createTrafficStore({ queries }: Database) {
  return {
    /** Returns the use of each of these certificates; one that was never used has none. */
    async read(ids: readonly string[], now: number): Promise<Map<string, Traffic>> {
      if (ids.length === 0) return new Map()
      const counts = await queries
        .selectFrom('usage')
        .select([
          'certificate_id as id',
          sql<number>`sum(case when start > ${now - recentMinutes * minute} then ${allowed} else 0 end)`.as(
            'recent',
          ),
          sql<number>`sum(${allowed})`.as('calls'),
          sql<number>`sum(refusals)`.as('denied'),
        ])
        .where('certificate_id', 'in', ids)
        .where('grain', '=', 'minute')
        .where('start', '>', now - hour)
        .groupBy('certificate_id')
        .execute()
      const lasts = await queries
        .selectFrom('certificates')
        .select([
          'id',
          sql<
            number | null
          >`(select max(start) from usage where certificate_id = certificates.id and grain = 'minute')`.as(
            'last',
          ),
        ])
        .where('id', 'in', ids)
        .execute()
      return new Map(
        lasts.map(({ id, last }) => {
          const { recent = 0, calls = 0, denied = 0 } = counts.find((one) => one.id === id) ?? {}
          return [
            id,
            {
              recentCalls: Number(recent),
              calls: Number(calls),
              denied: Number(denied),
              lastMinute: last === null ? null : Number(last),
            },
          ]
        }),
      )
    },

    /**
     * Returns since when each of these certificates has been accepted without a pause that is too long for silence of
     * `silenceMs` to count; one that was not accepted within that time has none.
     */
    async readSteady(
      ids: readonly string[],
      { now, silenceMs }: { now: number; silenceMs: number },
    ): Promise<Map<string, SteadyUse>> {
      if (ids.length === 0) return new Map()
      const pause = longestPause(silenceMs)
      const [grain, length] = grains.find(([, span]) => pause >= countsInPause * span) ?? ['minute', minute]
      const rows = await queries
        .selectFrom(
          queries
            .selectFrom('usage')
            .select([
              'certificate_id as id',
              'start',
              sql<number | null>`lag(start) over (partition by certificate_id order by start)`.as('previous'),
            ])
            .where('certificate_id', 'in', ids)
            .where('grain', '=', grain)
            .where('start', '>=', now - silenceMs - pause - length)
            .where(sql<boolean>`${allowed} > 0`)
            .as('counts'),
        )
        .select([
          'id',
          // Two counts may be of uses that are almost one length further apart than the counts.
          sql<number>`max(case when previous is null or start - previous > ${pause - length} then start end)`.as(
            'start',
          ),
        ])
        .groupBy('id')
        .execute()
      // Gateways report up to a minute late: within a minute nothing is told apart.
      const within = grain === 'minute' ? 0 : length
      return new Map(
        rows.map(({ id, start }) => [id, { from: Number(start), latest: Number(start) + within }]),
      )
    },

    /** Lists the addresses that came with each of these certificates after `since`, the latest first. */
    async listAddresses(
      ids: readonly string[],
      since: number,
    ): Promise<{ certificateId: string; address: string; lastAt: number }[]> {
      if (ids.length === 0) return []
      const rows = await queries
        .selectFrom('usage_facets')
        .select(['certificate_id', 'value', sql<number>`max(last_at)`.as('last')])
        .where('certificate_id', 'in', ids)
        .where('kind', '=', 'address')
        .where('day', '>=', since - (since % day))
        .where('last_at', '>', since)
        .groupBy(['certificate_id', 'value'])
        .orderBy('last', 'desc')
        .limit(shownAddresses * ids.length)
        .execute()
      return rows.map(({ certificate_id: certificateId, value, last }) => ({
        certificateId,
        address: value,
        lastAt: Number(last),
      }))
    },

    /** Lists the credentials that came with a certificate after `since` and still exist, the latest first. */
    async listCredentials(certificateId: string, since: number): Promise<CredentialUse[]> {
      const rows = await queries
        .selectFrom('usage_facets')
        .innerJoin('credentials', 'credentials.id', 'usage_facets.value')
        .select([
          'credentials.id',
          'credentials.client_id',
          'credentials.name',
          sql<number>`max(last_at)`.as('last'),
        ])
        .where('certificate_id', '=', certificateId)
        .where('kind', '=', 'credential')
        .where('day', '>=', since - (since % day))
        .where('last_at', '>', since)
        .where('credentials.deleted_at', 'is', null)
        .groupBy(['credentials.id', 'credentials.client_id', 'credentials.name'])
        .orderBy('last', 'desc')
        .limit(maxCredentials)
        .execute()
      return rows.map(({ id, client_id: clientId, name, last }) => ({
        id,
        clientId,
        name,
        lastAt: Number(last),
      }))
    },

    /** Sums up the tokens that were issued with these certificates after `since`, of which those after `validSince` are valid. */
    async listTokens(ids: readonly string[], since: number, validSince: number): Promise<IssuedTokens[]> {
      const rows = await queries
        .selectFrom('usage_facets')
        .select([
          'certificate_id',
          'value',
          sql<number>`sum(case when last_at > ${validSince} then count else 0 end)`.as('valid'),
          sql<number>`max(last_at)`.as('last'),
        ])
        .where('certificate_id', 'in', ids)
        .where('kind', '=', 'token')
        .where('day', '>=', since - (since % hour))
        .where('last_at', '>', since)
        .groupBy(['certificate_id', 'value'])
        .execute()
      return rows.map((row) => ({
        certificateId: row.certificate_id,
        credentialId: row.value,
        count: Number(row.valid),
        lastAt: Number(row.last),
      }))
    },
  }
}

export type TrafficStore = ReturnType<typeof createTrafficStore>
