import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { toCertificate } from './certificate-row-store.ts'
import type { OwnedCertificate } from './issuance-store.ts'

/** Which certificates are meant: one of these is given. */
export interface Selection {
  issuerId?: string | undefined
  publicKeySha256?: string | undefined
  serialNumbers?: readonly string[] | undefined
}

/** Finds certificates of every organization that are to be revoked together. */
export function createBulkRevocationStore({ aside: queries }: Database) {
  const matching = ({ issuerId, publicKeySha256, serialNumbers }: Selection, now: number) => {
    let query = queries
      .selectFrom('certificates')
      .where('certificates.status', '=', 'issued')
      .where('not_after', '>', endedBefore(now))
    if (issuerId !== undefined) query = query.where('issuer_id', '=', issuerId)
    if (publicKeySha256 !== undefined) query = query.where('spki_sha256', '=', publicKeySha256)
    if (serialNumbers !== undefined) query = query.where('serial_number', 'in', serialNumbers)
    return query
  }
  return {
    /** How many valid certificates fit. */
    async count(selection: Selection, now: number): Promise<number> {
      const row = await matching(selection, now)
        .select(sql<number>`count(*)`.as('number'))
        .executeTakeFirstOrThrow()
      return row.number
    },

    /** At most `most` of them with their organizations, by id. */
    async list(selection: Selection, most: number, now: number): Promise<OwnedCertificate[]> {
      const rows = await matching(selection, now)
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .selectAll('certificates')
        .select(['organizations.slug', 'organizations.legal_name'])
        .orderBy('certificates.id')
        .limit(most)
        .execute()
      return rows.map((row) => ({
        certificate: toCertificate(row),
        organization: { slug: row.slug, legalName: row.legal_name },
      }))
    },
  }
}

export type BulkRevocationStore = ReturnType<typeof createBulkRevocationStore>
