import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { type LogPosition, latestPosition } from './change-log.ts'
import type { Database } from './database.ts'
import { readInside } from './read-inside.ts'
import type { Tx } from './transact.ts'

/** For how long a change waits for the replica: then it is read from the primary. */
const patienceMs = 100
const firstPauseMs = 5
/** For how long the first load waits, which reads everything. */
const loadPatienceMs = 5000
/** How often a replica that is used, or could be, is looked at. */
const lookMs = 1000

/** Where a gateway reads the change log and what it keeps in memory. */
export interface ReadSource {
  /**
   * Runs `work`, whose queries of the store read one moment of it that includes every change that was committed
   * before this call. Does nothing if there is no change after `position`.
   */
  readChanges(position: LogPosition, work: () => Promise<void>): Promise<void>
  /** The same for everything. */
  readAll<T>(work: () => Promise<T>): Promise<T>
  /** Returns for how long the replica has not had all changes of the primary, seconds; undefined without a replica. */
  lagSeconds(): number | undefined
}

/** Reads from the primary alone. */
export const readPrimary: ReadSource = {
  readChanges: (_position, work) => work(),
  readAll: (work) => work(),
  lagSeconds: () => undefined,
}

interface ReplicaParts {
  primary: Pick<Database, 'queries'>
  replica: Pick<Database, 'queries'>
  /** The replica can be used, or can be used no longer; then `error` may say why. */
  onUsable(isUsable: boolean, error?: unknown): void
}

/**
 * Reads from a replica what it has of the primary. The primary is asked for the end of its change log, which is
 * one row of an index; the replica is read in one transaction, whose snapshot holds that very row, with its
 * mark. So a replica that is behind, or that was made from another moment of the store, is never read: it takes
 * nothing back. After a failure, or where it does not have a change in a tenth of a second, the primary is read
 * until the replica has everything again.
 */
export function createReplicaSource({ primary, replica, onUsable }: ReplicaParts): ReadSource {
  let isUsable = true
  let completeAt = performance.now()
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined

  const setUsable = (is: boolean, error?: unknown): void => {
    if (isUsable === is) return
    isUsable = is
    onUsable(is, error)
  }

  /** Runs `work` on the replica if that has the row at `head` in time. Throws what `work` and the replica throw. */
  const tryReplica = async <T>(
    head: LogPosition,
    milliseconds: number,
    work: () => Promise<T>,
  ): Promise<{ result: T } | undefined> => {
    const asked = performance.now()
    const end = asked + milliseconds
    for (let pause = firstPauseMs; ; pause *= 2) {
      const done = await giveUpAfter(end - performance.now(), (begin) =>
        readSnapshot(replica, async (tx) =>
          (await hasRow(tx, head)) && begin() ? { result: await readInside(tx, work) } : undefined,
        ),
      )
      if (done !== undefined) completeAt = Math.max(completeAt, asked)
      if (done !== undefined || performance.now() >= end) return done
      await wait(Math.min(pause, end - performance.now()))
    }
  }

  /** Looks at the replica beside what else happens: nothing waits for it. */
  const look = (head: LogPosition): void => {
    if (looking !== undefined || performance.now() - lookedAt < lookMs) return
    lookedAt = performance.now()
    looking = tryReplica(head, patienceMs, async () => {})
      .then(
        (done) => setUsable(done !== undefined),
        (error) => setUsable(false, error),
      )
      .finally(() => {
        looking = undefined
      })
  }

  const read = async <T>(head: LogPosition, milliseconds: number, work: () => Promise<T>): Promise<T> => {
    if (isUsable && head.version > 0) {
      try {
        const done = await tryReplica(head, milliseconds, work)
        if (done !== undefined) return done.result
        setUsable(false)
      } catch (error) {
        setUsable(false, error)
      }
    }
    // What `work` has done so far is done again.
    return work()
  }

  return {
    async readChanges(position, work) {
      const head = await latestPosition(primary.queries)
      look(head)
      if (head.version === position.version && head.mark === position.mark) return
      // A primary that is older than what was read before has gone back: a replica may still be of the lost time.
      await (head.version < position.version ? work() : read(head, patienceMs, work))
    },
    readAll: async (work) => read(await latestPosition(primary.queries), loadPatienceMs, work),
    lagSeconds: () => (isUsable ? 0 : (performance.now() - completeAt) / 1000),
  }
}

/** Runs `work` in a transaction that sees one moment. */
const readSnapshot = <T>({ queries }: Pick<Database, 'queries'>, work: (tx: Tx) => Promise<T>): Promise<T> =>
  queries.transaction().execute(async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx)
    return work(tx)
  })

async function hasRow(tx: Tx, { version, mark }: LogPosition): Promise<boolean> {
  const row = await tx.selectFrom('changes').select('mark').where('version', '=', version).executeTakeFirst()
  return row?.mark === mark
}

/**
 * Returns what `attempt` gives, and undefined after `milliseconds` unless it has called `begin` by then: what
 * has begun has no limit here. `begin` returns false if it is called later than that.
 */
async function giveUpAfter<T>(
  milliseconds: number,
  attempt: (begin: () => boolean) => Promise<T>,
): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  let isLate = false
  const timer = setTimeout(
    () => {
      isLate = true
      late.resolve(undefined)
    },
    Math.max(0, milliseconds),
  )
  const running = attempt(() => {
    clearTimeout(timer)
    return !isLate
  })
  // Nobody waits for what fails late.
  running.catch(() => {})
  try {
    return await Promise.race([running, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
