import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { RevocationListId } from '../pki/status/revocation-list-name.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import type { RevokedCertificate } from '../pki/status/revoked-certificates.ts'
import type { Database } from '../storage/database.ts'

const pageEntries = 5_000

/** The last position of a page. */
interface Position {
  revokedAt: number
  serialNumber: string
}

/** Creates the store of revoked certificates for CRLs. */
export function createRevokedCertificateStore({ queries }: Database) {
  /** Selects at most a page of entries of one partition after `last`, in the order of their index. */
  const selectPage = (
    { issuerId, partition }: RevocationListId,
    endedBefore: number,
    last: Position | undefined,
  ) => {
    const query = queries
      .selectFrom('certificates')
      .select(['serial_number', 'revoked_at', 'revocation_reason'])
      .where('issuer_id', '=', issuerId)
      .where('crl_partition', partition === null ? 'is' : '=', partition)
      // The partial index covers revoked certificates; the planner uses it only for a literal.
      .where(sql<boolean>`status = 'revoked'`)
      .where('not_after', '>=', endedBefore)
      .orderBy('revoked_at')
      .orderBy('serial_number')
      .limit(pageEntries)
    if (last === undefined) return query
    return query.where((e) =>
      e(e.refTuple('revoked_at', 'serial_number'), '>', e.tuple(last.revokedAt, last.serialNumber)),
    )
  }

  /** Reads a page as one text: a million rows cost half as much as objects of the driver. */
  const readPage = async (...page: Parameters<typeof selectPage>): Promise<string> => {
    const row = await queries
      .selectFrom(selectPage(...page).as('page'))
      .select(
        sql<
          string | null
        >`string_agg(serial_number || ',' || revoked_at || ',' || revocation_reason, ';')`.as('entries'),
      )
      .executeTakeFirst()
    return row?.entries ?? ''
  }

  const readPartition = async function* (list: RevocationListId, endedBefore: number) {
    for (let last: Position | undefined; ; ) {
      const page = parsePage(await readPage(list, endedBefore, last), last)
      yield page
      if (page.length < pageEntries) return
      last = page.at(-1)
      // SQLite answers without leaving this turn of the event loop; other work runs between two pages.
      await nextTurn()
    }
  }

  return {
    /**
     * Reads the entries of a CRL page by page: of a partition, or of all partitions and the certificates that
     * name none. Certificates that expired before `endedBefore` are not included.
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

/**
 * Returns the entries of a page after `last`. Throws if they are out of order, since the next page is found
 * by that order.
 */
function parsePage(text: string, last: Position | undefined): RevokedCertificate[] {
  const entries: RevokedCertificate[] = []
  let before = last ?? { revokedAt: Number.NEGATIVE_INFINITY, serialNumber: '' }
  for (let start = 0; start < text.length; ) {
    const date = text.indexOf(',', start) + 1
    const reason = text.indexOf(',', date) + 1
    const next = text.indexOf(';', reason)
    const end = next === -1 ? text.length : next
    const entry = {
      serialNumber: text.slice(start, date - 1),
      revokedAt: Number(text.slice(date, reason - 1)),
      reason: text.slice(reason, end) as RevocationReason,
    }
    if (!isAfter(entry, before)) throw new Error('the store gave revoked certificates out of order')
    entries.push(entry)
    before = entry
    start = end + 1
  }
  return entries
}

const isAfter = (entry: Position, { revokedAt, serialNumber }: Position): boolean =>
  entry.revokedAt > revokedAt || (entry.revokedAt === revokedAt && entry.serialNumber > serialNumber)
