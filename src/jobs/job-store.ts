import type { Database, Tx } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

const leaseMilliseconds = 60_000
const firstDelayMilliseconds = 1_000
const longestDelayMilliseconds = 15 * 60_000
const longestError = 500

/** Something to do later, at least once. */
export interface Job {
  id: string
  kind: string
  key: string
  attempts: number
}

/** Puts a job into the transaction that makes it necessary. One of a kind and key is enough: a second is the first, sooner. */
export async function enqueueJob(
  tx: Tx,
  { kind, key }: { kind: string; key: string },
  runAt: number,
  now: number,
): Promise<void> {
  await insertJob(tx, { id: newId('job', now), kind, key, runAt, now })
}

interface NewJob {
  id: string
  kind: string
  key: string
  runAt: number
  now: number
}

const insertJob = prepareQuery((queries, { id, kind, key, runAt, now }: NewJob) =>
  queries
    .insertInto('jobs')
    .values({ id, kind, key, run_at: runAt, created_at: now })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'key']).doUpdateSet((e) => ({
        // A job that is being done may have read the state of before: it is to run once more.
        leased_until: null,
        run_at: e
          .case()
          .when('jobs.run_at', '<', e.ref('excluded.run_at'))
          .then(e.ref('jobs.run_at'))
          .else(e.ref('excluded.run_at'))
          .end(),
      })),
    ),
)

/** Takes back a job whose work has been done in this transaction. */
export async function removeJob(tx: Tx, kind: string, key: string): Promise<void> {
  await deleteJob(tx, { kind, key })
}

const deleteJob = prepareQuery((queries, values: { kind: string; key: string }) =>
  queries.deleteFrom('jobs').where('kind', '=', values.kind).where('key', '=', values.key),
)

/** The queue as its workers see it. */
export function createJobStore(database: Database) {
  return {
    /** Leases the next due job for a minute, so that no other worker takes it. */
    async lease(now: number): Promise<Job | undefined> {
      return database.transaction(async (tx) => {
        let due = tx
          .selectFrom('jobs')
          .select(['id', 'kind', 'key', 'attempts'])
          .where('run_at', '<=', now)
          .where((e) => e.or([e('leased_until', 'is', null), e('leased_until', '<=', now)]))
          .orderBy('run_at')
          .limit(1)
        if (isPostgres(tx)) due = due.forUpdate().skipLocked()
        const job = await due.executeTakeFirst()
        if (job === undefined) return undefined
        await tx
          .updateTable('jobs')
          .set({ leased_until: now + leaseMilliseconds, attempts: job.attempts + 1 })
          .where('id', '=', job.id)
          .execute()
        return { ...job, attempts: job.attempts + 1 }
      })
    },

    /** Whether a job may be due: cheap, so that it can be asked often. */
    async isDue(now: number): Promise<boolean> {
      const row = await database.queries
        .selectFrom('jobs')
        .select('id')
        .where('run_at', '<=', now)
        .where((e) => e.or([e('leased_until', 'is', null), e('leased_until', '<=', now)]))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Forgets a job that is done, unless it was asked for again meanwhile. */
    async complete(job: Job): Promise<void> {
      await database.queries
        .deleteFrom('jobs')
        .where('id', '=', job.id)
        // Another worker may have leased it since: then it is that one's to forget.
        .where('attempts', '=', job.attempts)
        .where('leased_until', 'is not', null)
        .execute()
    },

    /** Puts a job off after a failure, longer each time. */
    async fail(job: Job, error: string, now: number): Promise<void> {
      const delay = Math.min(firstDelayMilliseconds * 2 ** (job.attempts - 1), longestDelayMilliseconds)
      await database.queries
        .updateTable('jobs')
        .set({ leased_until: null, run_at: now + delay, last_error: error.slice(0, longestError) })
        .where('id', '=', job.id)
        .where('attempts', '=', job.attempts)
        .execute()
    },
  }
}

export type JobStore = ReturnType<typeof createJobStore>
