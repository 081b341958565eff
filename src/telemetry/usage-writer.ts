import { Worker } from 'node:worker_threads'
import type {
  AssertionUse,
  RejectedRows,
  StoreRestore,
  TokenRevocation,
  UsageBatch,
} from '../contract/usage-batch.ts'
import { PosternError } from '../errors.ts'
import type { OtherUses, Use } from '../shared-uses.ts'
import type { Mistake } from './usage-store.ts'
import type { WorkerReply, WorkerRequest } from './usage-worker.ts'

/** Writes to the store in a separate thread, so that a commit never delays a call. */
export interface UsageWriter {
  /**
   * Done when the batch is on disk; gives the rows that the store has refused. Throws `storage_unavailable` with what
   * the store calls the reason as its detail, and with what was thrown as its cause where that is a mistake of Postern;
   * the same batch may then be sent again.
   */
  write(batch: UsageBatch): Promise<RejectedRows[]>
  /**
   * Resolves when the revocation is on disk, from where every gateway reads it. Throws `storage_unavailable`.
   */
  revokeToken(revocation: TokenRevocation): Promise<void>
  /**
   * Records the use of an assertion, and returns whether no gateway had recorded it before. Throws
   * `storage_unavailable`.
   */
  spendAssertion(use: AssertionUse): Promise<boolean>
  /**
   * Returns the present epoch of the store, or a new one if the present one is among those `known`. Throws
   * `storage_unavailable`.
   */
  enterEpoch(entry: { known: readonly string[]; noticedBy: string }): Promise<string>
  /** Reports what this process has used of shared limits, and reads what the others have. Throws `storage_unavailable`. */
  exchangeUses(given: { process: string; uses?: readonly Use[] | undefined }): Promise<OtherUses>
  /** Resolves when the report is on disk. Throws `storage_unavailable`. */
  reportReturn(given: StoreRestore): Promise<void>
  stopGateway(gateway: { id: string }): Promise<void>
  close(): Promise<void>
}

interface Waiting {
  resolve(reply: WorkerReply): void
  reject(error: Error): void
}

const thread = new URL('./usage-worker.ts', import.meta.url)
const firstPauseMs = 500
const maxPauseMs = 5000

/**
 * Creates a writer whose thread starts with the first request, and restarts when it has died: the first time
 * immediately, then with growing pauses until one has answered. `location` may contain a password, so it is
 * passed to the thread only.
 */
export function openUsageWriter(location: object, script: URL = thread): UsageWriter {
  const waiting = new Map<number, Waiting>()
  let count = 0
  let closed = false
  let worker: Worker | undefined
  /** Counted since a thread has answered. */
  let deaths = 0
  let pausedUntil = 0

  function noteDeath(): void {
    worker = undefined
    if (deaths > 0) pausedUntil = performance.now() + Math.min(firstPauseMs * 2 ** (deaths - 1), maxPauseMs)
    deaths += 1
    rejectAll('thread_ended')
  }
  function start(): Worker {
    const started = new Worker(script, { workerData: { location } })
    started.on('message', (reply: WorkerReply) => {
      deaths = 0
      const request = waiting.get(reply.number)
      waiting.delete(reply.number)
      if (reply.failure === undefined) request?.resolve(reply)
      else request?.reject(unavailable(reply.failure, toError(reply.mistake)))
    })
    started.on('error', (error) => rejectAll(error.name, error))
    started.on('exit', noteDeath)
    return started
  }
  function rejectAll(reason: string, cause?: Error): void {
    for (const request of waiting.values()) request.reject(unavailable(reason, cause))
    waiting.clear()
  }
  const ask = (request: { act: string; input: unknown }): Promise<WorkerReply> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(unavailable('closed'))
      if (worker === undefined && performance.now() < pausedUntil) return reject(unavailable('thread_ended'))
      count += 1
      waiting.set(count, { resolve, reject })
      try {
        worker ??= start()
      } catch {
        // The system cannot create more threads.
        return noteDeath()
      }
      // As text it takes a quarter of the time of cloning hundreds of objects.
      worker.postMessage(JSON.stringify({ number: count, ...request } as WorkerRequest))
    })

  return {
    async write(input) {
      const { rejected = [] } = await ask({ act: 'write', input })
      return rejected
    },
    async spendAssertion(input) {
      const { isNew = false } = await ask({ act: 'spendAssertion', input })
      return isNew
    },
    async revokeToken(input) {
      await ask({ act: 'revokeToken', input })
    },
    async enterEpoch(input) {
      const { epochId = '' } = await ask({ act: 'enterEpoch', input })
      return epochId
    },
    async exchangeUses(input) {
      const { otherUses = { now: 0, others: [] } } = await ask({ act: 'exchangeUses', input })
      return otherUses
    },
    async reportReturn(input) {
      await ask({ act: 'reportReturn', input })
    },
    async stopGateway(input) {
      await ask({ act: 'stopGateway', input })
    },
    async close() {
      closed = true
      await worker?.terminate()
    },
  }
}

/** `cause` is a mistake of Postern that should be known; what the store says is told by its code alone. */
const unavailable = (detail: string, cause?: Error) =>
  new PosternError('storage_unavailable', 'The store cannot be read or written at this moment. Try again.', {
    detail,
    retryAfterSeconds: 60,
    cause,
  })

const toError = (mistake: Mistake | undefined): Error | undefined =>
  mistake && Object.assign(new Error(mistake.message), mistake)
