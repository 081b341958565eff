import type { UsageBatch } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

/**
 * Writes how the gateway stands, and which revocations it has put in force. Written twice it says the same, so that it
 * need not wait for the rest of the batch.
 */
export async function saveStanding(tx: Tx, { gateway, enforcements }: UsageBatch): Promise<void> {
  const seen = {
    seen_at: gateway.seenAt,
    confirmed_version: gateway.confirmedVersion,
    connections: gateway.connections,
    handshakes: gateway.handshakes,
    answers: gateway.answers,
    lag_milliseconds: gateway.lagMilliseconds,
    waiting_records: gateway.waitingRecords,
    dropped_records: gateway.droppedRecords,
    rejected_rows: gateway.rejectedRows,
  }
  const { id, host, release, processId: process_id, startedAt: started_at } = gateway
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
            c.cast<number>(c.val(at), 'bigint').as('at'),
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
