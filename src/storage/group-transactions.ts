import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { CompiledQuery, type Kysely } from 'kysely'
import { createFairQueue } from './fair-queue.ts'
import { holdFirst } from './lock-order.ts'
import { isLocked, lockedError } from './retry-while-locked.ts'
import type { Schema } from './schema.ts'
import type { Transact, TransactionOptions, Tx } from './transact.ts'

/** After so long the next group is begun, so that what came meanwhile is heard in between. */
const groupMilliseconds = 10
/** After so many groups in a row, one leaves the file alone for as long as others pause between two tries to get it. */
const groupsInRow = 10
const courtesyMilliseconds = 6
/** How often one looks who has waited for another program for long enough. */
const lookMilliseconds = 100

interface Waiting {
  since: number
  work(tx: Tx): Promise<unknown>
  records: boolean
  resolve(result: unknown): void
  reject(error: unknown): void
}

const savepoint = CompiledQuery.raw('savepoint work')
const keep = CompiledQuery.raw('release work')
const undo = CompiledQuery.raw('rollback to work')

/**
 * Transactions that share a commit: what waits at the same moment is done one after another in one
 * transaction of the store, so that the disk is written to once for all. Each still happens wholly or not at
 * all, sees all before it, and is told its outcome only when the commit has reached the disk. Each fails by itself
 * when another program has had the file locked for `lockMilliseconds` since it was asked for.
 */
export function groupTransactions(queries: Kysely<Schema>, lockMilliseconds: number): Transact {
  const waiting = createFairQueue<Waiting>()
  let isRunning = false

  /** Since when no group could be begun. */
  let blockedSince: number | undefined

  /** A long line of one's own is no reason to fail. */
  const failLate = (): void => {
    const since = performance.now() - lockMilliseconds
    if (blockedSince === undefined || blockedSince > since) return
    for (const { reject } of waiting.remove((one) => one.since <= since)) reject(lockedError())
  }

  const runGroup = async (): Promise<void> => {
    const outcomes: (() => void)[] = []
    const taken: Waiting[] = []
    const look = setInterval(failLate, lookMilliseconds)
    blockedSince ??= performance.now()
    try {
      await queries.transaction().execute(async (tx) => {
        // From here on nobody waits for another program.
        clearInterval(look)
        blockedSince = undefined
        const end = performance.now() + groupMilliseconds
        for (let next = waiting.shift(); next !== undefined; ) {
          taken.push(next)
          outcomes.push(await runOne(tx, next))
          next = performance.now() < end ? waiting.shift() : undefined
        }
      })
      for (const tell of outcomes) tell()
    } catch (error) {
      // Nothing of the group has happened, whatever it came to.
      if (taken.length === 0 && !isLocked(error)) waiting.shift()?.reject(error)
      for (const { reject } of taken) reject(error)
    } finally {
      clearInterval(look)
    }
  }

  const run = async (): Promise<void> => {
    for (let groups = 1; waiting.length() > 0; groups += 1) {
      // Whoever has been heard in this turn of the event loop comes along.
      await (groups % groupsInRow === 0 ? wait(courtesyMilliseconds) : nextTurn())
      await runGroup()
    }
    isRunning = false
  }

  return <T>(work: (tx: Tx) => Promise<T>, { records = true }: TransactionOptions = {}) =>
    new Promise<T>((resolve, reject) => {
      const since = performance.now()
      waiting.push({ since, work, records, resolve: resolve as (result: unknown) => void, reject })
      if (isRunning) return
      isRunning = true
      void run()
    })
}

/** Does one piece of work and gives what tells its outcome; what fails leaves nothing behind. */
async function runOne(tx: Tx, { work, records, resolve, reject }: Waiting): Promise<() => void> {
  await tx.executeQuery(savepoint)
  try {
    await holdFirst(tx, records)
    const result = await work(tx)
    await tx.executeQuery(keep)
    return () => resolve(result)
  } catch (error) {
    await tx.executeQuery(undo).catch(() => {
      // A full disk and the like undo all of the transaction: the reason is the first failure.
      throw error
    })
    await tx.executeQuery(keep)
    return () => reject(error)
  }
}
