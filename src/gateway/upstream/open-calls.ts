import type { PosternError } from '../../errors.ts'
import type { ActiveToken } from '../../shapes/active-token.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import type { Share } from './share-slots.ts'

/** An authorized request until its response has ended. */
export interface OpenCall {
  readonly context: RequestContext
  /** What was known when it was sent on. */
  readonly found: FindingsOf<ClientAccess>
  /** With the plan by which it was last judged. */
  access: ClientAccess
  /** With what its credentials could do then. */
  live: ActiveToken
  /** The upstream connections of its organization. */
  share: Share
  /** Whether it has one of these connections. */
  hasSlot: boolean
  /** Bytes of the request body that have been forwarded to the upstream. */
  bytesSentOn: number
  /** Response bytes that wait for the client; undefined if there are none. */
  heldBytes: number | undefined
  pace: Pace
  /** Aborts the upstream request. */
  abandon(): void
  /** Ends the request: with an error if there is no response yet, otherwise by cutting the response off. */
  breakOff(error: PosternError): void
  /** Its index among the open requests. */
  index: number
}

/** How fast the client is, in seconds in which only it was waited for. */
export interface Pace {
  /** Since `mark` was set; there is none before the first complete second. */
  uploadSeconds: number
  /** The value of `bytesSentOn` at that time. */
  mark: number
  /** For how long the client has read nothing of a response. */
  heldSeconds: number
}

const nothing = () => {}

/** Creates the open request of a request context, before anything is forwarded. */
export const createOpenCall = ({
  context,
  found,
  live,
  share,
}: Pick<OpenCall, 'context' | 'found' | 'live' | 'share'>): OpenCall => ({
  context,
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

/** Creates the set of a process's open requests, so that one pass per second finds those that must end. */
export function createOpenCalls() {
  const calls: OpenCall[] = []

  return {
    add(call: OpenCall): void {
      call.index = calls.length
      calls.push(call)
    },
    /** Removes a request; the last one moves to its index. */
    remove(call: OpenCall): void {
      const last = calls.pop()
      if (last === undefined || last === call) return
      calls[call.index] = last
      last.index = call.index
    },
    /** Iterates over all open requests; the current one can be removed. */
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
