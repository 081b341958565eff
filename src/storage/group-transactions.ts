import { CompiledQuery, type Kysely } from 'kysely'
import { createFairQueue } from './fair-queue.ts'
import { holdFirst } from './lock-order.ts'
import type { Schema } from './schema.ts'
import type { Transact, TransactionOptions, Tx } from './transact.ts'

/** After so long the next group is begun, so that what came meanwhile is heard in between. */
const groupMilliseconds = 10

interface Waiting {
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
 * all, sees all before it, and is told its outcome only when the commit has reached the disk.
 */
export function groupTransactions(queries: Kysely<Schema>): Transact {
  const waiting = createFairQueue<Waiting>()
  let isRunning = false

  const runGroup = async (): Promise<void> => {
    const outcomes: (() => void)[] = []
    const taken: Waiting[] = []
    try {
      await queries.transaction().execute(async (tx) => {
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
      if (taken.length === 0) waiting.shift()?.reject(error)
      for (const { reject } of taken) reject(error)
    }
  }

  const run = async (): Promise<void> => {
    while (waiting.length() > 0) {
      // Whoever has been heard in this turn of the event loop comes along.
      await new Promise((resolve) => setImmediate(resolve))
      await runGroup()
    }
    isRunning = false
  }

  return <T>(work: (tx: Tx) => Promise<T>, { records = true }: TransactionOptions = {}) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, records, resolve: resolve as (result: unknown) => void, reject })
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
