import type { UsageBatch } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/** Two clocks with a smaller difference count as equal, since a write may take this long. */
const sameClockMs = 2000

/**
 * Stores the status of the gateway and its applied revocations. Idempotent, so that it does not wait for the
 * rest of the batch. Times of a gateway whose clock is wrong are converted to the clock of the store,
 * `storeNow`: otherwise a gateway with a clock ahead would appear to run after it has stopped.
 */
export async function saveGatewayStatus(
  tx: Tx,
  { gateway, enforcements }: UsageBatch,
  storeNow: number,
): Promise<void> {
  const offset = gateway.seenAt - storeNow
  const toStoreTime = (at: number) => (Math.abs(offset) < sameClockMs ? at : at - offset)
  const seen = {
    seen_at: toStoreTime(gateway.seenAt),
    clock_offset_milliseconds: offset,
    confirmed_version: gateway.confirmedVersion,
    epoch: gateway.epoch,
    connections: gateway.connections,
    handshakes: gateway.handshakes,
    answers: gateway.answers,
    lag_milliseconds: gateway.lagMilliseconds,
    waiting_records: gateway.waitingRecords,
    dropped_records: gateway.droppedRecords,
    rejected_rows: gateway.rejectedRows,
  }
  const { id, host, release, processId: process_id } = gateway
  const started_at = toStoreTime(gateway.startedAt)
  await tx
    .insertInto('gateways')
    .values({ id, host, release, process_id, started_at, ...seen })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(seen))
    .execute()
  for (const { certificateId, at, connections } of enforcements)
    await tx
      .insertInto('enforcements')
      // A restored store may not have the certificate.
      .columns(['certificate_id', 'gateway_id', 'at', 'connections'])
      .expression((e) =>
        e
          .selectFrom('certificates')
          .where('id', '=', certificateId)
          .select((c) => [
            'id',
            c.val(id).as('gateway_id'),
            c.cast<number>(c.val(toStoreTime(at)), 'bigint').as('at'),
            c.cast<number>(c.val(connections), 'bigint').as('connections'),
          ]),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute()
}

/** Returns whether the batch has been written already. */
export async function isWritten(tx: Tx, { gateway, number }: UsageBatch): Promise<boolean> {
  const [row] = await selectLastBatch(tx, { gatewayId: gateway.id })
  return row !== undefined && row.last_batch >= number
}

/** Records that the batch has been written, in the same transaction. */
export async function noteWritten(tx: Tx, { gateway, number }: UsageBatch): Promise<void> {
  await tx.updateTable('gateways').set({ last_batch: number }).where('id', '=', gateway.id).execute()
}

const selectLastBatch = prepareQuery((queries, values: { gatewayId: string }) =>
  queries.selectFrom('gateways').select('last_batch').where('id', '=', values.gatewayId),
)
