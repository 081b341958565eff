import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { CompiledQuery, type Kysely } from 'kysely'
import { createFairQueue } from './fair-queue.ts'
import { holdFirst } from './lock-order.ts'
import { isLocked, lockedError } from './retry-while-locked.ts'
import type { Schema } from './schema.ts'
import type { Transact, TransactionOptions, Tx } from './transact.ts'

/** A group ends after this time, so that the event loop runs in between. */
const groupMs = 10
/**
 * After this many consecutive groups, one leaves the file unlocked for as long as others pause between two
 * attempts.
 */
const groupsInRow = 10
const yieldMs = 6
/** How often to check for transactions that have waited too long for another program. */
const lookMs = 100

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
 * Groups transactions into shared commits: transactions that wait at the same time run one after another in
 * one transaction of the store, so that the disk is written once for all. Each still succeeds or fails
 * completely, sees all previous ones, and settles only when the commit has reached the disk. Each fails
 * individually when another program has locked the file for `lockMs` since it was requested.
 */
export function groupTransactions(queries: Kysely<Schema>, lockMs: number): Transact {
  const waiting = createFairQueue<Waiting>()
  let isRunning = false

  /** The time since which no group could begin. */
  let blockedSince: number | undefined

  /** Waiting behind Postern's own transactions does not count towards the limit. */
  const failLate = (): void => {
    const since = performance.now() - lockMs
    if (blockedSince === undefined || blockedSince > since) return
    for (const { reject } of waiting.remove((one) => one.since <= since)) reject(lockedError())
  }

  const runGroup = async (): Promise<void> => {
    const outcomes: (() => void)[] = []
    const taken: Waiting[] = []
    const look = setInterval(failLate, lookMs)
    blockedSince ??= performance.now()
    try {
      await queries.transaction().execute(async (tx) => {
        // From here on no transaction waits for another program.
        clearInterval(look)
        blockedSince = undefined
        const end = performance.now() + groupMs
        for (let next = waiting.shift(); next !== undefined; ) {
          taken.push(next)
          outcomes.push(await runOne(tx, next))
          next = performance.now() < end ? waiting.shift() : undefined
        }
      })
      for (const tell of outcomes) tell()
    } catch (error) {
      // Nothing of the group has happened, whatever the individual results.
      if (taken.length === 0 && !isLocked(error)) waiting.shift()?.reject(error)
      for (const { reject } of taken) reject(error)
    } finally {
      clearInterval(look)
    }
  }

  const run = async (): Promise<void> => {
    for (let groups = 1; waiting.length() > 0; groups += 1) {
      // Transactions requested in this turn of the event loop join the group.
      await (groups % groupsInRow === 0 ? wait(yieldMs) : nextTurn())
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

/** Runs one transaction and returns the function that settles it; a failure is rolled back. */
async function runOne(tx: Tx, { work, records, resolve, reject }: Waiting): Promise<() => void> {
  await tx.executeQuery(savepoint)
  try {
    await holdFirst(tx, records)
    const result = await work(tx)
    await tx.executeQuery(keep)
    return () => resolve(result)
  } catch (error) {
    await tx.executeQuery(undo).catch(() => {
      // A full disk and similar errors undo the whole transaction: the reason is the first failure.
      throw error
    })
    await tx.executeQuery(keep)
    return () => reject(error)
  }
}
