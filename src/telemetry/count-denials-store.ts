import type { DenialCount } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'

const rowsPerStatement = 100

/** Adds a batch's counts of denied requests. */
export async function countDenials(tx: Tx, counts: readonly DenialCount[]): Promise<void> {
  // The same order everywhere prevents deadlocks between gateways.
  const rows = counts.map(toRow).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  for (let start = 0; start < rows.length; start += rowsPerStatement)
    await tx
      .insertInto('refusal_hours')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict.columns(['hour', 'environment', 'organization_id', 'code']).doUpdateSet((e) => ({
          count: e('refusal_hours.count', '+', e.ref('excluded.count')),
          unproven: e('refusal_hours.unproven', '+', e.ref('excluded.unproven')),
          last_at: e
            .case()
            .when('refusal_hours.last_at', '<', e.ref('excluded.last_at'))
            .then(e.ref('excluded.last_at'))
            .else(e.ref('refusal_hours.last_at'))
            .end(),
        })),
      )
      .execute()
}

/** Returns the row of a count. An unknown organization becomes empty text, since a key has no null. */
const toRow = ({ hour, environment, organizationId, code, count, unproven, lastAt }: DenialCount) => ({
  ...{ hour, environment, code, count, unproven },
  organization_id: organizationId ?? '',
  last_at: lastAt,
})

const keyOf = (row: ReturnType<typeof toRow>) =>
  `${row.hour} ${row.environment} ${row.organization_id} ${row.code}`
