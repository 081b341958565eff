import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { lapsingCertificates } from '../storage/lapsing-certificates.ts'

/** The number of certificates of an issuer. */
export interface Holdings {
  validCertificates: number
  revokedCertificates: number
  /** Organizations with valid certificates, the largest number first. */
  organizations: { slug: string; validCertificates: number }[]
}

const maxOrganizations = 100

/** Creates the store of the operators' view of certificate authorities. */
export function createAuthorityStore({ aside: queries }: Database) {
  return {
    /** Lists the ids of the issuers, the root first, then the latest of each environment. */
    async listIds(): Promise<string[]> {
      const rows = await queries
        .selectFrom('issuers')
        .select('id')
        .orderBy('kind', 'desc')
        .orderBy('environment')
        .orderBy('created_at', 'desc')
        .execute()
      return rows.map(({ id }) => id)
    },

    /**
     * Returns the number of certificates that an issuer has issued, at `now`: the kept numbers, and those that have
     * expired since they were marked.
     */
    async readHoldings(issuerId: string, now: number): Promise<Holdings> {
      const rows = await listLargest(queries, issuerId)
      const totals = await readTotals(queries, issuerId)
      const expired = await listJustExpired(queries, issuerId, now)
      const late = new Map(expired.map((row) => [row.organization_id, Number(row.count)]))
      const sum = [...late.values()].reduce((all, count) => all + count, 0)
      return {
        validCertificates: (totals.get('issued') ?? 0) - sum,
        revokedCertificates: totals.get('revoked') ?? 0,
        organizations: rows
          .map(({ organization_id: id, slug, count }) => ({
            slug,
            validCertificates: Number(count) - (late.get(id) ?? 0),
          }))
          .filter(({ validCertificates }) => validCertificates > 0)
          .sort((a, b) => b.validCertificates - a.validCertificates || (a.slug < b.slug ? -1 : 1))
          .slice(0, maxOrganizations),
      }
    },
  }
}

export type AuthorityStore = ReturnType<typeof createAuthorityStore>

/** Organizations with many certificates that have just expired have to leave place for others. */
const listLargest = (queries: Queries, issuerId: string) =>
  queries
    .selectFrom('certificate_counts')
    .innerJoin('organizations', 'organizations.id', 'certificate_counts.organization_id')
    .select(['certificate_counts.organization_id', 'slug', 'count'])
    .where('issuer_id', '=', issuerId)
    .where('certificate_counts.status', '=', 'issued')
    .orderBy('count', 'desc')
    .orderBy('certificate_counts.organization_id', 'desc')
    .limit(2 * maxOrganizations)
    .execute()

async function readTotals(queries: Queries, issuerId: string): Promise<Map<string, number>> {
  const rows = await queries
    .selectFrom('certificate_counts')
    .select((e) => ['status', e.fn.sum<number>('count').as('count')])
    .where('issuer_id', '=', issuerId)
    .where('status', 'in', ['issued', 'revoked'])
    .groupBy('status')
    .execute()
  return new Map(rows.map(({ status, count }) => [status, Number(count)]))
}

async function listJustExpired(queries: Queries, issuerId: string, now: number) {
  const { rows } = await sql<{
    organization_id: string
    count: number
  }>`select organization_id, count(*) as count
    from ${lapsingCertificates(queries, endedBefore(now))} and issuer_id = ${issuerId}
    group by organization_id`.execute(queries)
  return rows
}
