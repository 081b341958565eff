import type { Clock } from '../../clock.ts'
import { systemActor } from '../../shapes/actor.ts'
import type { AbandonedDraftStore } from './abandoned-draft-store.ts'

/** How many drafts one run cancels; the next run goes on. */
const maxAtOnce = 500

/**
 * Cancels the drafts that have neither been changed nor submitted for 30 days, those that ended first at the start, and
 * returns how many. Each is canceled on its own, so that a change in the meantime saves it.
 */
export async function cancelAbandonedDrafts(
  { abandoned, clock }: { abandoned: AbandonedDraftStore; clock: Clock },
  max = maxAtOnce,
): Promise<number> {
  const now = clock.now()
  let cancelled = 0
  for (const id of await abandoned.list(now, max))
    if (await abandoned.cancel(id, { actor: systemActor('drafts'), now })) cancelled += 1
  return cancelled
}
