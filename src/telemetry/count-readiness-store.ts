import type { ExpressionBuilder, Selectable } from 'kysely'
import type { ReadinessCount } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import type { Schema } from '../storage/schema.ts'

const rowsPerStatement = 100

/** Adds a batch's counts of clients that are ready for mTLS enforcement. */
export async function countReadiness(tx: Tx, counts: readonly ReadinessCount[]): Promise<void> {
  // The same order everywhere prevents deadlocks between gateways.
  const rows = counts.map(toRow).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  for (let start = 0; start < rows.length; start += rowsPerStatement)
    await tx
      .insertInto('readiness_hours')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'environment', 'since', 'credential_id', 'code', 'hour'])
          .doUpdateSet((e) => ({
            calls: e('readiness_hours.calls', '+', e.ref('excluded.calls')),
            // Another gateway may have stored a later call in the meantime.
            last_at: newer(e, 'last_at'),
            last_address: newer(e, 'last_address'),
          })),
      )
      .execute()
}

/** Returns the row of a count. Missing credentials or code become empty text, since a key has no null. */
const toRow = (count: ReadinessCount): Selectable<Schema['readiness_hours']> => ({
  organization_id: count.organizationId,
  environment: count.environment,
  since: count.since,
  credential_id: count.credentialId ?? '',
  code: count.code ?? '',
  hour: count.hour,
  calls: count.calls,
  last_at: count.lastAt,
  last_address: count.lastAddress,
})

const keyOf = (row: ReturnType<typeof toRow>) =>
  `${row.organization_id} ${row.environment} ${row.credential_id} ${row.code} ${row.hour}`

type Rows = Pick<Schema, 'readiness_hours'> & { excluded: Schema['readiness_hours'] }

/** Returns the value of the later call. */
const newer = <Name extends 'last_at' | 'last_address'>(
  e: ExpressionBuilder<Rows, 'readiness_hours' | 'excluded'>,
  name: Name,
) =>
  e
    .case()
    .when('readiness_hours.last_at', '<', e.ref('excluded.last_at'))
    .then(e.ref(`excluded.${name}`))
    .else(e.ref(`readiness_hours.${name}`))
    .end()
