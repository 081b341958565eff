import type { PosternError } from '../../errors.ts'
import type { LiveToken } from '../../shapes/live-token.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { Share } from './share-slots.ts'

/** A call that has been authorized, until its answer has ended. */
export interface OpenCall {
  readonly exchange: Exchange
  /** What was known when it was sent on. */
  readonly found: FindingsOf<ClientAccess>
  /** With the plan by which it was last judged. */
  access: ClientAccess
  /** With what its credentials could do then. */
  live: LiveToken
  /** Of its organization, in the connections to the upstream. */
  share: Share
  /** Whether it has one of these connections. */
  hasSlot: boolean
  /** Bytes of the request's body that have gone on to the upstream. */
  bytesSentOn: number
  /** Bytes of the answer that wait for the client to take them; nothing where none do. */
  heldBytes: number | undefined
  pace: Pace
  /** Gives up what is under way at the upstream. */
  abandon(): void
  /** Ends the call: with a refusal where nothing is answered yet, else by breaking off. */
  breakOff(error: PosternError): void
  /** Where it stands among the open calls. */
  index: number
}

/** How a client keeps up, in seconds that were waited for it alone. */
export interface Pace {
  /** Since `mark` was noted; before the first whole second there is none. */
  uploadSeconds: number
  /** What `bytesSentOn` was then. */
  mark: number
  /** For how long the client has taken nothing of an answer. */
  heldSeconds: number
}

const nothing = () => {}

/** The open call of an exchange, before anything is sent on. */
export const createOpenCall = ({
  exchange,
  found,
  live,
  share,
}: Pick<OpenCall, 'exchange' | 'found' | 'live' | 'share'>): OpenCall => ({
  exchange,
  found,
  access: found.access,
  live,
  share,
  hasSlot: false,
  bytesSentOn: 0,
  heldBytes: undefined,
  pace: { uploadSeconds: -1, mark: 0, heldSeconds: 0 },
  abandon: nothing,
  breakOff: nothing,
  index: -1,
})

/** The calls of a gateway process that are open, so that one look each second finds those that have to end. */
export function createOpenCalls() {
  const calls: OpenCall[] = []

  return {
    add(call: OpenCall): void {
      call.index = calls.length
      calls.push(call)
    },
    /** The last takes the place of the one that goes. */
    remove(call: OpenCall): void {
      const last = calls.pop()
      if (last === undefined || last === call) return
      calls[call.index] = last
      last.index = call.index
    },
    /** All that are open; removing the one that is looked at is allowed. */
    *[Symbol.iterator](): Generator<OpenCall> {
      for (let index = calls.length - 1; index >= 0; index -= 1) {
        const call = calls[index]
        if (call !== undefined) yield call
      }
    },
    count: () => calls.length,
  }
}

export type OpenCalls = ReturnType<typeof createOpenCalls>
