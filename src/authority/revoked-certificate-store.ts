import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { RevocationListId } from '../pki/status/revocation-list-name.ts'
import type { RevocationReason } from '../pki/status/revocation-reason.ts'
import type { RevokedCertificate } from '../pki/status/revoked-certificates.ts'
import type { Database } from '../storage/database.ts'

const pageEntries = 5_000

/** Where a page ends. */
interface Position {
  revokedAt: number
  serialNumber: string
}

/** What CRLs list. */
export function createRevokedCertificateStore({ queries }: Database) {
  /** The entries of one partition after `last`, at most a page, in the order of the index that holds them. */
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
      // The index is one of revoked certificates, which the planner sees in a literal alone.
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

  /** A page as one text: a million rows cost half of what they cost as objects of the driver. */
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

/** The entries of a page after `last`. Throws where they are not in their order, by which the next page is found. */
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
