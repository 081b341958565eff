import type { UsageBatch } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/** Two clocks that tell less apart are the same one: so long a write may take. */
const sameClockMilliseconds = 2000

/**
 * Writes how the gateway stands, and which revocations it has put in force. Written twice it says the same, so that it
 * need not wait for the rest of the batch. Moments of a gateway whose clock is off are told by the clock of the store,
 * `storeNow`: else one whose clock is ahead would go on running here after its death.
 */
export async function saveStanding(
  tx: Tx,
  { gateway, enforcements }: UsageBatch,
  storeNow: number,
): Promise<void> {
  const offset = gateway.seenAt - storeNow
  const toStoreTime = (at: number) => (Math.abs(offset) < sameClockMilliseconds ? at : at - offset)
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
      // A store that was restored from an older state may not have the certificate.
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

/** Whether the batch has been written already. */
export async function isWritten(tx: Tx, { gateway, number }: UsageBatch): Promise<boolean> {
  const [row] = await selectLastBatch(tx, { gatewayId: gateway.id })
  return row !== undefined && row.last_batch >= number
}

/** Notes that the batch has been written, in the transaction that writes it. */
export async function noteWritten(tx: Tx, { gateway, number }: UsageBatch): Promise<void> {
  await tx.updateTable('gateways').set({ last_batch: number }).where('id', '=', gateway.id).execute()
}

const selectLastBatch = prepareQuery((queries, values: { gatewayId: string }) =>
  queries.selectFrom('gateways').select('last_batch').where('id', '=', values.gatewayId),
)
