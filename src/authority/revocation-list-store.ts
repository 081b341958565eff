import { createHash } from 'node:crypto'
import { recordAudit, systemActor } from '../audit/record-audit.ts'
import type { RevocationReason } from '../pki/revocation-reason.ts'
import type { RevokedCertificate } from '../pki/revoked-certificates.ts'
import type { Database } from '../storage/database.ts'
import { locks, takeLock } from '../storage/engine.ts'

/** A signed CRL as it is published. */
export interface PublishedList {
  number: number
  thisUpdate: number
  nextUpdate: number
  der: Uint8Array
}

/** CRLs, and what stands in them. */
export function createRevocationListStore(database: Database) {
  const { queries } = database
  return {
    async find(issuerId: string): Promise<PublishedList | undefined> {
      const row = await queries
        .selectFrom('revocation_lists')
        .selectAll()
        .where('issuer_id', '=', issuerId)
        .executeTakeFirst()
      return (
        row && { number: row.number, thisUpdate: row.this_update, nextUpdate: row.next_update, der: row.der }
      )
    },

    /**
     * The next number of an issuer's CRL and what it lists. Both are read under one lock, so a higher
     * number never lists less than a lower one.
     */
    async takeNext(
      issuerId: string,
      now: number,
    ): Promise<{ number: number; entries: RevokedCertificate[] }> {
      return database.transaction(async (tx) => {
        await takeLock(tx, locks.authority)
        const { crl_number: number } = await tx
          .updateTable('issuers')
          .set((e) => ({ crl_number: e('crl_number', '+', 1) }))
          .where('id', '=', issuerId)
          .returning('crl_number')
          .executeTakeFirstOrThrow()
        const last = await tx
          .selectFrom('revocation_lists')
          .select('this_update')
          .where('issuer_id', '=', issuerId)
          .executeTakeFirst()
        const rows = await tx
          .selectFrom('certificates')
          .select(['serial_number', 'revoked_at', 'revocation_reason'])
          .where('issuer_id', '=', issuerId)
          .where('status', '=', 'revoked')
          // RFC 5280, 3.3: an entry stays until it has stood on a list that was made after its validity.
          .where('not_after', '>=', last?.this_update ?? 0)
          .orderBy('revoked_at')
          .execute()
        const entries = rows.map((row) => ({
          serialNumber: row.serial_number ?? '',
          revokedAt: row.revoked_at ?? now,
          reason: row.revocation_reason as RevocationReason,
        }))
        return { number, entries }
      })
    },

    /** Keeps a CRL unless a newer one is there already. That it was signed is recorded either way. */
    async save(issuerId: string, list: PublishedList): Promise<void> {
      const after = { number: list.number, sha256: createHash('sha256').update(list.der).digest('hex') }
      const values = {
        number: list.number,
        this_update: list.thisUpdate,
        next_update: list.nextUpdate,
        der: list.der,
      }
      await database.transaction(async (tx) => {
        await tx
          .insertInto('revocation_lists')
          .values({ issuer_id: issuerId, ...values })
          .onConflict((conflict) =>
            conflict
              .column('issuer_id')
              .doUpdateSet(values)
              .where('revocation_lists.number', '<', list.number),
          )
          .execute()
        const entry = { actor: systemActor('publication'), action: 'revocation_list.signed', after }
        const subject = { organizationId: null, subjectKind: 'issuer', subjectId: issuerId }
        await recordAudit(tx, { ...entry, ...subject }, list.thisUpdate)
      })
    },

    /** Issuers whose CRL is missing or ends before `moment`. */
    async listDue(moment: number): Promise<string[]> {
      const rows = await queries
        .selectFrom('issuers')
        .leftJoin('revocation_lists', 'revocation_lists.issuer_id', 'issuers.id')
        .select('issuers.id')
        .where((e) => e.or([e('next_update', 'is', null), e('next_update', '<', moment)]))
        .execute()
      return rows.map((row) => row.id)
    },
  }
}

export type RevocationListStore = ReturnType<typeof createRevocationListStore>
