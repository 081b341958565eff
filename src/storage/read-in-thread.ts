import { Worker } from 'node:worker_threads'
import { type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, Kysely } from 'kysely'
import type { StoreGuard } from './guard-store.ts'
import type { Schema } from './schema.ts'

/** A query in the format of the thread. */
export interface ThreadQuery {
  id: number
  sql: string
  parameters: readonly unknown[]
}

/** The thread's answer. */
export interface ThreadAnswer {
  id: number
  rows?: unknown[]
  problem?: { message: string; errcode: number | undefined }
}

interface Pending {
  resolve(rows: unknown[]): void
  reject(error: Error): void
}

/**
 * Opens a thread that answers queries of a SQLite file, for those that read many rows: SQLite answers without
 * leaving the turn of the event loop, and everything else would wait. It sees committed data. The thread
 * starts with the first query.
 */
export function openThreadReader(
  path: string,
  dialect: Dialect,
  lockMs: number,
  guard: StoreGuard,
): Kysely<Schema> {
  const thread = createThread(path, lockMs)
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery) {
      return { rows: (await thread.run(sql, parameters)) as R[] }
    },
    streamQuery() {
      throw new Error('What is read aside is not streamed.')
    },
  }
  const refuse = async () => {
    throw new Error('What is read aside changes nothing.')
  }
  const driver: Driver = {
    async init() {},
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    async releaseConnection() {},
    destroy: thread.end,
  }
  return new Kysely<Schema>({ dialect: { ...dialect, createDriver: () => guard.driver(driver) } })
}

function createThread(path: string, lockMs: number) {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let last = 0

  const begin = (): Worker => {
    const file = new URL('./read-worker.ts', import.meta.url)
    const begun = new Worker(file, { workerData: { path, lockMilliseconds: lockMs } })
    begun.on('message', ({ id, rows, problem }: ThreadAnswer) => {
      const asked = pending.get(id)
      pending.delete(id)
      if (problem === undefined) asked?.resolve(rows ?? [])
      else asked?.reject(Object.assign(new Error(problem.message), { errcode: problem.errcode }))
      if (pending.size === 0) begun.unref()
    })
    const fail = (error: Error) => {
      if (worker === begun) worker = undefined
      for (const { reject } of pending.values()) reject(error)
      pending.clear()
    }
    begun.on('error', fail)
    begun.on('exit', () => fail(new Error('The thread that reads the store has ended.')))
    return begun
  }

  return {
    run: (sql: string, parameters: readonly unknown[]) =>
      new Promise<unknown[]>((resolve, reject) => {
        worker ??= begin()
        worker.ref()
        last += 1
        pending.set(last, { resolve, reject })
        worker.postMessage({ id: last, sql, parameters } satisfies ThreadQuery)
      }),
    async end() {
      await worker?.terminate()
    },
  }
}
