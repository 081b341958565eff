import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { lapsingCertificates } from '../storage/lapsing-certificates.ts'
import { shownStatus } from './select-certificates-store.ts'

/** A transaction marks so many, so that no other change waits long for it. */
const mostAtOnce = 200

/**
 * Marks the issued certificates that have expired by `now`, since lists are sorted by the mark. Lists are right before
 * that too, but slower. Returns how many it marked.
 */
export async function markLapsed({ transaction }: Database, now: number): Promise<number> {
  const end = endedBefore(now)
  let total = 0
  for (let marked = mostAtOnce; marked === mostAtOnce; total += marked)
    marked = await transaction(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('certificates')
        .set({ lapsed: 1 })
        .where(
          'id',
          'in',
          sql<string>`(select id from ${lapsingCertificates(tx, end)} order by not_after limit ${mostAtOnce})`,
        )
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows)
    })
  return total
}

const counted = sql`select organization_id, environment, coalesce(issuer_id, '') as issuer_id, ${shownStatus} as status,
  count(*) as count from certificates`
const groups = sql.raw('group by 1, 2, 3, 4')
const kept = sql`select organization_id, environment, issuer_id, status, count from certificate_counts where count <> 0`

/**
 * Counts all certificates and corrects the numbers that differ, as after a restored backup of single tables. Returns
 * the IDs of the organizations whose numbers it corrected.
 */
export async function repairCounts({ aside, transaction }: Database): Promise<string[]> {
  const { rows } = await sql<{ organization_id: string }>`select distinct organization_id from (
    select * from (${counted} ${groups} except ${kept}) as missing
    union all select * from (${kept} except ${counted} ${groups}) as wrong
  ) as differing`.execute(aside)
  const ids = rows.map((row) => row.organization_id)
  for (const id of ids) await transaction((tx) => recount(tx, id))
  return ids
}

async function recount(tx: Queries, organizationId: string): Promise<void> {
  await tx.deleteFrom('certificate_counts').where('organization_id', '=', organizationId).execute()
  await sql`insert into certificate_counts (organization_id, environment, issuer_id, status, count)
    ${counted} where organization_id = ${organizationId} ${groups}`.execute(tx)
}
