import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Queries } from './database.ts'
import { findEpoch } from './store-epoch.ts'

const day = 86_400_000
/** Every change is kept for this long: a gateway that was not seen for longer reads everything again. */
const keptMs = day
/** A gateway that does not make progress keeps changes for this long at most. */
const maxWaitMs = 30 * day
const rowsPerStep = 1000

/**
 * Deletes the changes that every gateway of the last day has applied, a thousand at a time. Changes of the
 * last day are kept; older ones are kept for slow gateways, for thirty days at most; the latest change is
 * always kept, so that versions continue from it.
 */
export async function deleteOldChanges(queries: Queries, now: number): Promise<void> {
  const { newest } = await queries
    .selectFrom('changes')
    .select((e) => e.fn.max('version').as('newest'))
    .executeTakeFirstOrThrow()
  // A confirmation from another store epoch does not apply to this one; that gateway reads everything again.
  const { id: epoch = '' } = (await findEpoch(queries)) ?? {}
  const { slowest } = await queries
    .selectFrom('gateways')
    .select((e) => e.fn.min('confirmed_version').as('slowest'))
    .where('stopped_at', 'is', null)
    .where('seen_at', '>', now - keptMs)
    .where('epoch', '=', epoch)
    .executeTakeFirstOrThrow()
  const end = Math.min(Number(newest ?? 0), Number(slowest ?? newest ?? 0))
  await deleteBefore(queries, end, now - keptMs)
  await deleteBefore(queries, Number(newest ?? 0), now - maxWaitMs)
}

/** Deletes the changes with a lower version than `version` from before `at`. */
async function deleteBefore(queries: Queries, version: number, at: number): Promise<void> {
  for (let deleted = rowsPerStep; deleted >= rowsPerStep; await nextTurn()) {
    const { numDeletedRows } = await queries
      .deleteFrom('changes')
      .where('version', 'in', (e) =>
        e
          .selectFrom('changes')
          .select('version')
          .where('version', '<', version)
          .where('at', '<', at)
          .orderBy('version')
          .limit(rowsPerStep),
      )
      .executeTakeFirstOrThrow()
    deleted = Number(numDeletedRows)
  }
}
