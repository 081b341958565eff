import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { RevocationListId } from '../pki/revocation-list-name.ts'
import type { RevocationReason } from '../pki/revocation-reason.ts'
import type { RevokedCertificate } from '../pki/revoked-certificates.ts'
import type { Database } from '../storage/database.ts'

const pageEntries = 2_000

/** What CRLs list. */
export function createRevokedCertificateStore({ queries }: Database) {
  /** A page of one partition, after `last` in the order of the index that holds all that is read here. */
  const readPage = async (
    { issuerId, partition }: RevocationListId,
    endedBefore: number,
    last: RevokedCertificate | undefined,
  ): Promise<RevokedCertificate[]> => {
    let query = queries
      .selectFrom('certificates')
      .select(['serial_number', 'revoked_at', 'revocation_reason'])
      .where('issuer_id', '=', issuerId)
      .where('crl_partition', partition === null ? 'is' : '=', partition)
      // The index is one of revoked certificates, which the planner sees in a literal alone.
      .where(sql<boolean>`status = 'revoked'`)
      .where('not_after', '>=', endedBefore)
      .orderBy('revoked_at')
      .orderBy('serial_number')
      .limit(pageEntries)
    if (last !== undefined)
      query = query.where((e) =>
        e(e.refTuple('revoked_at', 'serial_number'), '>', e.tuple(last.revokedAt, last.serialNumber)),
      )
    return (await query.execute()).map((row) => ({
      serialNumber: row.serial_number ?? '',
      revokedAt: row.revoked_at ?? 0,
      reason: row.revocation_reason as RevocationReason,
    }))
  }

  const readPartition = async function* (list: RevocationListId, endedBefore: number) {
    for (let last: RevokedCertificate | undefined; ; ) {
      const page = await readPage(list, endedBefore, last)
      yield page
      if (page.length < pageEntries) return
      last = page.at(-1)
      // SQLite answers without leaving this turn of the event loop; others get theirs between two pages.
      await nextTurn()
    }
  }

  return {
    /**
     * What stands on a list, page by page: of a partition, or of all of them and of the certificates that
     * name none. Certificates that ended before `endedBefore` do not stand on it.
     */
    async *read({ issuerId, partition }: RevocationListId, endedBefore: number) {
      yield* readPartition({ issuerId, partition }, endedBefore)
      if (partition !== null) return
      const partitions = await queries
        .selectFrom('revocation_lists')
        .select('partition')
        .where('issuer_id', '=', issuerId)
        .where('partition', '>', 0)
        .orderBy('partition')
        .execute()
      for (const each of partitions) {
        yield* readPartition({ issuerId, ...each }, endedBefore)
        await nextTurn()
      }
    },
  }
}

export type RevokedCertificateStore = ReturnType<typeof createRevokedCertificateStore>
