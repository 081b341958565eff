import { cutOff } from '../message/cut-off.ts'
import type { Fields } from '../message/read-fields.ts'
import { isGone } from '../request-context/request-context.ts'
import { assertPassable } from './assert-passable.ts'
import type { OpenCall } from './open-calls.ts'
import { hasNoBody } from './to-client-headers.ts'
import { createAnswerTrailerName, toTrailers } from './trailer-fields.ts'
import { endAnswer, holdBack, sendHead, writeHead } from './write-answer.ts'

/** What happens to a request that was passed to the upstream. */
export interface RelayEvents {
  /** Called when the head of the response is being sent to the client. */
  onAnswered(status: number, headers: Fields): void
  /** Called if there is no response. */
  onFailed(failure: RelayFailure): void
  /** Called after the response has been cut off behind its head. */
  onCut(error: Error): void
  /** Called when the client does not read the waiting data. */
  onHeldBack(): void
  /** Called when the upstream's part is finished. */
  onDone(): void
}

/** Why there is no response. */
export interface RelayFailure {
  error: NodeJS.ErrnoException
  /** Whether any part of the request may have reached the upstream. */
  isSent: boolean
  /** Whether any part of a response has arrived. */
  hasBegun: boolean
}

/** The source of a response. */
interface AnswerSource {
  pause(): void
  resume(): void
}

/**
 * Streams a response to the client with backpressure. Errors on the way must be passed to `fail`: it responds
 * if there is no head yet, and otherwise cuts the response off.
 */
export function createRelay(call: OpenCall, events: RelayEvents) {
  const { context } = call
  const { response } = context
  let state: 'waiting' | 'sent' | 'begun' | 'answered' | 'over' = 'waiting'
  let isBodyBegun = false
  let isEmpty = false
  let connectionField: Fields['connection']

  return {
    isOver: (): boolean => state === 'over',
    isWaiting: (): boolean => state === 'waiting',
    /** Records that the request is being sent to the upstream. */
    send(): void {
      if (state === 'waiting') state = 'sent'
    },
    /** Records the first byte of a response, including an interim one. */
    begin(): void {
      if (state === 'sent') state = 'begun'
    },
    /**
     * Receives the head of a response with at most `fields` lines. Interim responses (RFC 9110, section 15.2)
     * end here.
     */
    start(source: AnswerSource, status: number, headers: Fields, fields: number): void {
      if (status >= 100 && status < 200) return
      assertPassable(status, headers, fields)
      response.on('drain', () => {
        call.heldBytes = undefined
        source.resume()
      })
      writeHead(call, status, headers)
      state = 'answered'
      isEmpty = hasNoBody(status)
      connectionField = headers.connection
      // A body that arrived with its head is sent with it; otherwise the head is sent immediately.
      queueMicrotask(() => {
        if (!isBodyBegun && !isGone(context)) sendHead(context)
      })
      events.onAnswered(status, headers)
    },
    /** Forwards a piece of the body. */
    write(source: AnswerSource, chunk: Buffer): void {
      isBodyBegun = true
      if (isEmpty || response.write(chunk)) return
      source.pause()
      holdBack(call)
      events.onHeldBack()
    },
    /** Ends the response, with its trailers if the client can receive them (RFC 9112, section 7.1.2). */
    end(trailers: Fields): void {
      isBodyBegun = true
      endAnswer(call, toTrailers(trailers, createAnswerTrailerName(connectionField)))
      state = 'over'
      events.onDone()
    },
    /**
     * Transfers the response to the code that connects the two sockets: no other response is possible
     * afterwards.
     */
    upgrade(headers: Fields): void {
      state = 'answered'
      events.onAnswered(101, headers)
    },
    /** Ends a failed request once. */
    fail(error: NodeJS.ErrnoException): void {
      if (state === 'over') return
      const before = state
      state = 'over'
      if (before === 'answered' || response.headersSent) {
        // A partial response cannot be replaced: cutting it off tells the client that it is incomplete.
        cutOff(context)
        events.onCut(error)
        return
      }
      events.onFailed({ error, isSent: before !== 'waiting', hasBegun: before === 'begun' })
    },
    /** Abandons the response and discards the rest of it. Returns whether anything was in progress. */
    abandon(): boolean {
      const wasUnderWay = state !== 'over'
      state = 'over'
      return wasUnderWay
    },
  }
}

export type Relay = ReturnType<typeof createRelay>
