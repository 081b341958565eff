import { sql } from 'kysely'
import { endedBefore } from '../shapes/moment.ts'
import type { Queries } from '../storage/database.ts'

/** Deletes the rows of a table of rotations whose certificates are not valid any more. */
export async function deleteOver(
  queries: Queries,
  table: 'retirement_plans' | 'overlap_holds',
  now: number,
): Promise<void> {
  await sql`delete from ${sql.table(table)} where certificate_id in (
    select over.certificate_id from ${sql.table(table)} as over
    join certificates on certificates.id = over.certificate_id
    where certificates.status <> 'issued' or certificates.not_after <= ${endedBefore(now)})`.execute(queries)
}
