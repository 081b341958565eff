import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { RejectedRows } from '../contract/usage-batch.ts'
import type { OtherUses } from '../shared-uses.ts'
import { findMistake, getUsageFailure, type Mistake, openUsageStore, type UsageStore } from './usage-store.ts'

/** A request to the thread, as JSON; the reply carries the same number. */
export type WorkerRequest = {
  [Act in Exclude<keyof UsageStore, 'close'>]: {
    number: number
    act: Act
    input: Parameters<UsageStore[Act]>[0]
  }
}[Exclude<keyof UsageStore, 'close'>]

/** The reply to a request; `failure` is the store's code of the failure. */
export interface WorkerReply {
  number: number
  failure?: string
  /** What was thrown, where that is a mistake of Postern and nothing that the store said. */
  mistake?: Mistake
  /** The rows of a batch that the store has rejected. */
  rejected?: RejectedRows[]
  /** Whether an assertion had not been used before. */
  isNew?: boolean
  /** What other gateways have used. */
  otherUses?: OtherUses
  /** The store epoch. */
  epochId?: string
}

const port = parentPort as MessagePort
let opened: Promise<UsageStore> | undefined

port.on('message', async (text: string) => {
  const { number, act, input } = JSON.parse(text) as WorkerRequest
  const reply: WorkerReply = { number }
  try {
    const store = await open()
    const result = await (store[act] as (given: typeof input) => Promise<unknown>)(input)
    if (act === 'write') reply.rejected = result as RejectedRows[]
    if (act === 'spendAssertion') reply.isNew = result as boolean
    if (act === 'exchangeUses') reply.otherUses = result as OtherUses
    if (act === 'enterEpoch') reply.epochId = result as string
  } catch (error) {
    reply.failure = getUsageFailure(error)
    const mistake = findMistake(error)
    if (mistake !== undefined) reply.mistake = mistake
  }
  port.postMessage(reply)
})

/** Opens the store, again with the next request if it could not be opened. */
function open(): Promise<UsageStore> {
  const opening = opened ?? openUsageStore(workerData.location)
  opened = opening
  opening.catch(() => {
    if (opened === opening) opened = undefined
  })
  return opening
}
