import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Database, Tx } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { quiet } from '../storage/transact.ts'
import { createLeaseStore } from './job-lease-store.ts'
import { selectDue, selectNextOwner } from './job-turns-store.ts'

const firstDelayMilliseconds = 1_000
const longestError = 500
/** When a job is due that is given up. */
const never = Number.MAX_SAFE_INTEGER

/** Something to do later, at least once. */
export interface Job {
  id: string
  kind: string
  key: string
  /** The organization on whose behalf it is done; empty where it is for nobody in particular. */
  owner: string
  attempts: number
}

/** Which job is leased. */
interface Lease {
  kind: string
  /** Owners whose turn it is not. */
  except?: readonly string[]
}

/** What is to be done: `key` says on what, `owner` on behalf of which organization. */
export interface NewJob {
  kind: string
  key: string
  owner: string | null
}

/**
 * Puts a job into the transaction that makes it necessary. One of a kind and key is enough: a second is the first,
 * sooner; one that was given up is tried again.
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
        // A job that is being done may have read the state of before: it is to run once more.
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

/** An owner who had nothing to do is the next. */
const insertTurn = prepareQuery((queries, { kind, owner }: { kind: string; owner: string }) =>
  queries
    .insertInto('job_turns')
    .values((e) => ({ kind, owner, turn: e.lit(0) }))
    .onConflict((conflict) => conflict.columns(['kind', 'owner']).doNothing()),
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
  const { queries } = database
  return {
    ...createLeaseStore(database),

    /**
     * Leases a due job of a kind, so that no other worker takes it until it is given back: of the owners who have
     * one, that of the owner who has waited for the longest since their last turn.
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

    /** Whether a job of a kind may be due: cheap, so that it can be asked often. */
    async isDue(kind: string, now: number): Promise<boolean> {
      return (await selectDue(queries, kind, now).limit(1).executeTakeFirst()) !== undefined
    },

    /** Forgets a job that is done, unless it was asked for again meanwhile. */
    async complete(job: Job): Promise<void> {
      await queries
        .deleteFrom('jobs')
        .where('id', '=', job.id)
        // Another worker may have leased it since: then it is that one's to forget.
        .where('attempts', '=', job.attempts)
        .where('leased_until', 'is not', null)
        .execute()
    },

    /** Puts a job off after a failure, longer each time, at most `longestDelayMilliseconds`. */
    async fail(job: Job, error: string, longestDelayMilliseconds: number, now: number): Promise<void> {
      const delay = Math.min(firstDelayMilliseconds * 2 ** (job.attempts - 1), longestDelayMilliseconds)
      await queries
        .updateTable('jobs')
        .set({ leased_until: null, run_at: now + delay, last_error: error.slice(0, longestError) })
        .where('id', '=', job.id)
        .where('attempts', '=', job.attempts)
        .execute()
    },

    /** Gives a job up after its last attempt, and says so in the audit log; false where it was asked for again meanwhile. */
    async giveUp(job: Job, error: string, now: number): Promise<boolean> {
      const { id, kind, key, owner, attempts } = job
      return database.transaction(async (tx) => {
        const row = await tx
          .updateTable('jobs')
          .set({
            leased_until: null,
            run_at: never,
            given_up_at: now,
            last_error: error.slice(0, longestError),
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
