import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Traffic } from './rotation.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
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
