import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Database, Tx } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { quiet } from '../storage/transact.ts'
import { createLeaseStore } from './job-lease-store.ts'
import { selectDue, selectNextOwner } from './job-turns-store.ts'

const firstDelayMs = 1_000
const maxErrorLength = 500
/** The due time of a job that failed permanently. */
const never = Number.MAX_SAFE_INTEGER

/** A task that runs later, at least once. */
export interface Job {
  id: string
  kind: string
  key: string
  /** The organization on whose behalf it runs; empty if there is none. */
  owner: string
  attempts: number
}

/** How many jobs wait, how many of them have failed before, and since when the first waits. */
export interface WaitingJobs {
  count: number
  failing: number
  /** Milliseconds since 1970; null if none waits. */
  since: number | null
}

/** Selects the job to lease. */
interface Lease {
  kind: string
  /** Owners that are excluded. */
  except?: readonly string[]
}

/** A new job: `key` names its subject, `owner` the organization on whose behalf it runs. */
export interface NewJob {
  kind: string
  key: string
  owner: string | null
}

/**
 * Enqueues a job in the transaction that makes it necessary. There is one job per kind and key: a second
 * request makes it due sooner; a job that failed permanently is retried.
 */
export async function enqueueJob(
  tx: Tx,
  { kind, key, owner }: NewJob,
  runAt: number,
  now: number,
): Promise<void> {
  await insertJob(tx, { id: newId('job', now), kind, key, owner: owner ?? '', runAt, now })
  await insertTurn(tx, { kind, owner: owner ?? '' })
}

/** Enqueues a job that is due now, unless there is one: that keeps its attempts and its time. */
export async function enqueueMissingJob(tx: Tx, { kind, key, owner }: NewJob, now: number): Promise<void> {
  await tx
    .insertInto('jobs')
    .values({ id: newId('job', now), kind, key, owner: owner ?? '', run_at: now, created_at: now })
    .onConflict((conflict) => conflict.columns(['kind', 'key']).doNothing())
    .execute()
  await insertTurn(tx, { kind, owner: owner ?? '' })
}

interface JobValues {
  id: string
  kind: string
  key: string
  owner: string
  runAt: number
  now: number
}

const insertJob = prepareQuery((queries, { id, kind, key, owner, runAt, now }: JobValues) =>
  queries
    .insertInto('jobs')
    .values({ id, kind, key, owner, run_at: runAt, created_at: now })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'key']).doUpdateSet((e) => ({
        // A running job may have read the previous state, so it has to run again.
        leased_until: null,
        attempts: e
          .case()
          .when('jobs.given_up_at', 'is', null)
          .then(e.ref('jobs.attempts'))
          .else(e.lit(0))
          .end(),
        given_up_at: null,
        run_at: e
          .case()
          .when('jobs.run_at', '<', e.ref('excluded.run_at'))
          .then(e.ref('jobs.run_at'))
          .else(e.ref('excluded.run_at'))
          .end(),
      })),
    ),
)

/** An owner without jobs so far is next. */
const insertTurn = prepareQuery((queries, { kind, owner }: { kind: string; owner: string }) =>
  queries
    .insertInto('job_turns')
    .values((e) => ({ kind, owner, turn: e.lit(0) }))
    .onConflict((conflict) => conflict.columns(['kind', 'owner']).doNothing()),
)

/** Removes a job whose work was done in this transaction. */
export async function removeJob(tx: Tx, kind: string, key: string): Promise<void> {
  await deleteJob(tx, { kind, key })
}

const deleteJob = prepareQuery((queries, values: { kind: string; key: string }) =>
  queries.deleteFrom('jobs').where('kind', '=', values.kind).where('key', '=', values.key),
)

/** Makes the jobs of an owner that wait for a further attempt due. */
export async function hastenJobs(tx: Tx, owner: string, now: number): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ run_at: now })
    .where('owner', '=', owner)
    .where('given_up_at', 'is', null)
    .where('run_at', '>', now)
    .execute()
}

/** Creates the queue for its workers. */
export function createJobStore(database: Database) {
  const { queries } = database
  return {
    ...createLeaseStore(database),

    /**
     * Leases a due job of a kind, so that no other worker takes it until it is released: of the owners with a
     * due job, that of the owner whose last turn is the longest ago.
     */
    async lease({ kind, except = [] }: Lease, now: number): Promise<Job | undefined> {
      return database.transaction(async (tx) => {
        const next = await selectNextOwner(tx, { kind, except }, now)
        if (next === undefined) return undefined
        const { owner, turn } = next
        let due = selectDue(tx, kind, now).where('owner', '=', owner).orderBy('run_at').orderBy('id').limit(1)
        if (isPostgres(tx)) due = due.forUpdate().skipLocked()
        const job = await due.executeTakeFirst()
        if (job === undefined) return undefined
        const attempts = job.attempts + 1
        await tx.updateTable('jobs').set({ leased_until: 1, attempts }).where('id', '=', job.id).execute()
        await tx
          .updateTable('job_turns')
          .set({ turn })
          .where('kind', '=', kind)
          .where('owner', '=', owner)
          .execute()
        return { ...job, attempts }
      }, quiet)
    },

    /** Returns whether a job of a kind may be due: cheap enough for frequent calls. */
    async isDue(kind: string, now: number): Promise<boolean> {
      return (await selectDue(queries, kind, now).limit(1).executeTakeFirst()) !== undefined
    },

    /** Deletes a completed job, unless it was requested again in the meantime. */
    async complete(job: Job): Promise<void> {
      await queries
        .deleteFrom('jobs')
        .where('id', '=', job.id)
        // Another worker may have leased it since and then completes it.
        .where('attempts', '=', job.attempts)
        .where('leased_until', 'is not', null)
        .execute()
    },

    /** Counts jobs that wait to run, of one kind, or that were given up, of any; at most `limit`. */
    async countWaiting(of: { kind: string } | 'given up', limit: number): Promise<WaitingJobs> {
      const all = queries.selectFrom('jobs').select(['created_at', 'given_up_at', 'last_error'])
      const some =
        of === 'given up'
          ? all.where('given_up_at', 'is not', null).orderBy('given_up_at')
          : all.where('kind', '=', of.kind).where('given_up_at', 'is', null).orderBy('created_at')
      const rows = await some.limit(limit).execute()
      return {
        count: rows.length,
        failing: rows.filter((row) => row.last_error !== null).length,
        since: rows[0] ? (rows[0].given_up_at ?? rows[0].created_at) : null,
      }
    },

    /** Postpones a job after a failure, longer each time, at most `maxDelayMs`. */
    async fail(job: Job, error: string, maxDelayMs: number, now: number): Promise<void> {
      const delay = Math.round(Math.min(firstDelayMs * 2 ** (job.attempts - 1), maxDelayMs))
      await queries
        .updateTable('jobs')
        .set({ leased_until: null, run_at: now + delay, last_error: error.slice(0, maxErrorLength) })
        .where('id', '=', job.id)
        .where('attempts', '=', job.attempts)
        .execute()
    },

    /** Puts a job off without counting the attempt. */
    async postpone(job: Job, until: number, reason: string): Promise<void> {
      await queries
        .updateTable('jobs')
        .set({
          leased_until: null,
          run_at: until,
          attempts: job.attempts - 1,
          last_error: reason.slice(0, maxErrorLength),
        })
        .where('id', '=', job.id)
        .where('attempts', '=', job.attempts)
        .execute()
    },

    /**
     * Marks a job as permanently failed after its last attempt, and records it in the audit log; returns
     * false if it was requested again in the meantime.
     */
    async giveUp(job: Job, error: string, now: number): Promise<boolean> {
      const { id, kind, key, owner, attempts } = job
      return database.transaction(async (tx) => {
        const row = await tx
          .updateTable('jobs')
          .set({
            leased_until: null,
            run_at: never,
            given_up_at: now,
            last_error: error.slice(0, maxErrorLength),
          })
          .where('id', '=', id)
          .where('attempts', '=', attempts)
          .where('leased_until', 'is not', null)
          .returning('id')
          .executeTakeFirst()
        if (row === undefined) return false
        const subject = { organizationId: owner || null, subjectKind: 'job', subjectId: id }
        const after = { kind, key, attempts }
        await recordAudit(tx, { actor: systemActor('jobs'), action: 'job.given_up', ...subject, after }, now)
        return true
      })
    },
  }
}

export type JobStore = ReturnType<typeof createJobStore>
