import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { openUsageStore, type UsageStore } from './usage-store.ts'

/** What the thread is asked to do, as JSON; the answer carries the same number. */
export type WorkerRequest = {
  [Act in Exclude<keyof UsageStore, 'close'>]: {
    number: number
    act: Act
    input: Parameters<UsageStore[Act]>[0]
  }
}[Exclude<keyof UsageStore, 'close'>]

/** The answer to a request; `failure` says in words why it could not be done. */
export interface WorkerReply {
  number: number
  failure?: string
}

const port = parentPort as MessagePort
let opened: Promise<UsageStore> | undefined

port.on('message', async (text: string) => {
  const { number, act, input } = JSON.parse(text) as WorkerRequest
  const reply: WorkerReply = { number }
  try {
    opened ??= openUsageStore(workerData.location)
    const store = await opened
    await (store[act] as (given: typeof input) => Promise<void>)(input)
  } catch (error) {
    reply.failure = error instanceof Error ? error.message : 'unknown'
  }
  port.postMessage(reply)
})
