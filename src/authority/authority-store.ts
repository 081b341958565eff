import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'

/** The number of certificates of an issuer. */
export interface Holdings {
  validCertificates: number
  revokedCertificates: number
  /** Organizations with valid certificates, the largest number first. */
  organizations: { slug: string; validCertificates: number }[]
}

const maxOrganizations = 100

/** Creates the store of the operators' view of certificate authorities. */
export function createAuthorityStore({ queries }: Database) {
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

    /** Returns the number of certificates that an issuer has issued, at `now`. */
    async readHoldings(issuerId: string, now: number): Promise<Holdings> {
      const own = queries.selectFrom('certificates').where('issuer_id', '=', issuerId)
      const count = sql<number>`count(*)`
      const valid = own.where('certificates.status', '=', 'issued').where('not_after', '>', endedBefore(now))
      const organizations = await valid
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .select(['slug', count.as('validCertificates')])
        .groupBy('slug')
        .orderBy('validCertificates', 'desc')
        .orderBy('slug')
        .limit(maxOrganizations)
        .execute()
      const all = await valid.select(count.as('number')).executeTakeFirstOrThrow()
      const revoked = await own
        .where('status', '=', 'revoked')
        .select(count.as('number'))
        .executeTakeFirstOrThrow()
      return { validCertificates: all.number, revokedCertificates: revoked.number, organizations }
    },
  }
}

export type AuthorityStore = ReturnType<typeof createAuthorityStore>
