import { recordChange } from './change-log.ts'
import type { Tx } from './database.ts'

/**
 * Stores that a certificate below a trusted issuer of another CA waits until it is known what to ask about it. Gateways
 * count from `now` how long it is accepted without an answer. A second time it changes nothing.
 */
export async function awaitExternalStatus(tx: Tx, certificateId: string, now: number): Promise<void> {
  const isNew = await tx
    .insertInto('external_statuses')
    .values({
      ...{ certificate_id: certificateId, described_at: now, is_awaited: 1 },
      // Also for gateways of an earlier release, a statement is missing.
      ...{ expected_links: 1, is_askable: 0 },
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('certificate_id')
    .executeTakeFirst()
  if (isNew !== undefined) await recordChange(tx, 'external-status', certificateId, now)
}
