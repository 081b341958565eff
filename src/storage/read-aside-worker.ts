import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { AsideAnswer, AsideQuery } from './read-aside.ts'

/** Reads from a SQLite file on a thread of its own, one query after the other. */
const { path, busyMilliseconds } = workerData as { path: string; busyMilliseconds: number }
const file = new DatabaseSync(path, { readOnly: true, timeout: busyMilliseconds })

parentPort?.on('message', ({ id, sql, parameters }: AsideQuery) => {
  parentPort?.postMessage(answer(id, sql, parameters))
})

function answer(id: number, sql: string, parameters: readonly unknown[]): AsideAnswer {
  try {
    return { id, rows: file.prepare(sql).all(...(parameters as SQLInputValue[])) }
  } catch (error) {
    // A message keeps nothing of an error but its text.
    const { message, errcode } = error as Error & { errcode?: number }
    return { id, problem: { message, errcode } }
  }
}
