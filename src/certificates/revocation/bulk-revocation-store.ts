import { sql } from 'kysely'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import { endedBefore } from '../../shapes/moment.ts'
import type { Database } from '../../storage/database.ts'
import { toCertificate } from '../certificate-row-store.ts'
import type { OwnedCertificate } from '../issuance-store.ts'

/** The selection of a bulk revocation, of which one criterion is given, and its reason. */
export interface Selection {
  reason: RevocationReason
  issuerId?: string | undefined
  publicKeySha256?: string | undefined
  serialNumbers?: readonly string[] | undefined
}

/** Creates the store that finds certificates of every organization for a bulk revocation. */
export function createBulkRevocationStore({ aside: queries }: Database) {
  const fitting = ({ issuerId, publicKeySha256, serialNumbers }: Selection) => {
    const query = queries.selectFrom('certificates')
    if (issuerId !== undefined) return query.where('issuer_id', '=', issuerId)
    if (publicKeySha256 !== undefined) return query.where('spki_sha256', '=', publicKeySha256)
    return query.where('serial_number', 'in', serialNumbers ?? [])
  }
  /**
   * Selects all certificates of the keys: a compromised key affects each of its certificates, even if the
   * selected one is already revoked.
   */
  const ofKeys = (selection: Selection) =>
    queries
      .selectFrom('certificates')
      .where(
        'spki_sha256',
        'in',
        fitting(selection).select('spki_sha256').where('status', 'in', ['issued', 'revoked']),
      )
  const matching = (selection: Selection, now: number) =>
    (selection.reason === 'keyCompromise' ? ofKeys(selection) : fitting(selection))
      .where('certificates.status', '=', 'issued')
      .where('not_after', '>', endedBefore(now))
  return {
    /** Returns the number of matching valid certificates. */
    async count(selection: Selection, now: number): Promise<number> {
      const row = await matching(selection, now)
        .select(sql<number>`count(*)`.as('number'))
        .executeTakeFirstOrThrow()
      return row.number
    },

    /** Lists at most `most` of them with their organizations, ordered by id. */
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
