import { recordChange } from './change-log.ts'
import type { Tx } from './database.ts'

/**
 * Stores that certificates below trusted issuers of other CAs wait until it is known what to ask about them. Gateways
 * count from `now` how long they are accepted without an answer. A second time it changes nothing.
 */
export async function awaitExternalStatuses(
  tx: Tx,
  certificateIds: readonly string[],
  now: number,
): Promise<void> {
  if (certificateIds.length === 0) return
  const added = await tx
    .insertInto('external_statuses')
    .values(
      certificateIds.map((id) => ({
        ...{ certificate_id: id, described_at: now, is_awaited: 1 },
        // Also for gateways of an earlier release, a statement is missing.
        ...{ expected_links: 1, is_askable: 0 },
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning('certificate_id')
    .execute()
  for (const { certificate_id: id } of added) await recordChange(tx, 'external-status', id, now)
}
