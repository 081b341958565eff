import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadAnswer, ThreadQuery } from './read-in-thread.ts'
import { retryWhileLocked } from './retry-while-locked.ts'

/** Reads from a SQLite file in a separate thread, one query after the other. */
const { path, lockMilliseconds: lockMs } = workerData as { path: string; lockMilliseconds: number }
const file = new DatabaseSync(path, { readOnly: true, timeout: 0 })

parentPort?.on('message', async ({ id, sql, parameters }: ThreadQuery) => {
  parentPort?.postMessage(await answer(id, sql, parameters))
})

async function answer(id: number, sql: string, parameters: readonly unknown[]): Promise<ThreadAnswer> {
  try {
    const read = () => file.prepare(sql).all(...(parameters as SQLInputValue[]))
    return { id, rows: await retryWhileLocked(read, performance.now() + lockMs) }
  } catch (error) {
    // A message keeps only the text of an error.
    const { message, errcode } = error as Error & { errcode?: number }
    return { id, problem: { message, errcode } }
  }
}
