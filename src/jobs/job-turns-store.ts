import type { Queries, Tx } from '../storage/database.ts'

/** Selects the jobs of a kind that are due at `now` and not leased. */
export const selectDue = (queries: Queries, kind: string, now: number) =>
  queries
    .selectFrom('jobs')
    .select(['jobs.id', 'jobs.kind', 'jobs.key', 'jobs.owner', 'jobs.attempts'])
    .where('jobs.kind', '=', kind)
    .where('jobs.run_at', '<=', now)
    .where('jobs.leased_until', 'is', null)

/**
 * Selects the next owner: of those with a due job of the kind, the one whose last turn is the longest ago.
 * `turn` is the number of the new turn.
 */
export async function selectNextOwner(
  tx: Tx,
  { kind, except }: { kind: string; except: readonly string[] },
  now: number,
): Promise<{ owner: string; turn: number } | undefined> {
  let waiting = tx
    .selectFrom('job_turns')
    .select('owner')
    .where('job_turns.kind', '=', kind)
    .where((e) =>
      e.exists(
        e
          .selectFrom('jobs')
          .select('jobs.id')
          .where('jobs.kind', '=', kind)
          .whereRef('jobs.owner', '=', 'job_turns.owner')
          .where('jobs.run_at', '<=', now)
          .where('jobs.leased_until', 'is', null),
      ),
    )
    .orderBy('turn')
    .orderBy('owner')
    .limit(1)
  if (except.length > 0) waiting = waiting.where('owner', 'not in', [...except])
  const next = await waiting.executeTakeFirst()
  if (next === undefined) return undefined
  const { last } = await tx
    .selectFrom('job_turns')
    .select((e) => e.fn.max('turn').as('last'))
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow()
  return { owner: next.owner, turn: Number(last) + 1 }
}
