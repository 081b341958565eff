import { cutOff } from '../message/cut-off.ts'
import type { Fields } from '../message/read-fields.ts'
import { isGone } from '../request-context/exchange.ts'
import { assertPassable } from './assert-passable.ts'
import type { OpenCall } from './open-calls.ts'
import { hasNoBody } from './to-client-headers.ts'
import { createAnswerTrailerName, toTrailers } from './trailer-fields.ts'
import { endAnswer, holdBack, sendHead, writeHead } from './write-answer.ts'

/** What becomes of a call that was handed to the upstream. */
export interface RelayEvents {
  /** The head of the answer is on its way to the client. */
  onAnswered(status: number, headers: Fields): void
  /** There is no answer. */
  onFailed(failure: RelayFailure): void
  /** The answer has been cut off behind its head. */
  onCut(error: Error): void
  /** The client does not take what is there for it. */
  onHeldBack(): void
  /** The upstream has nothing more to do with it. */
  onDone(): void
}

/** Why there is no answer. */
export interface RelayFailure {
  error: NodeJS.ErrnoException
  /** Whether anything of the call may have reached the upstream. */
  isSent: boolean
  /** Whether anything of an answer has come. */
  hasBegun: boolean
}

/** What an answer comes from. */
interface AnswerSource {
  pause(): void
  resume(): void
}

/**
 * Streams an answer to the client, no faster than the client takes it. Whatever is thrown on the way belongs into
 * `fail`: it answers where there is no head yet, and cuts the answer off where there is.
 */
export function createRelay(call: OpenCall, events: RelayEvents) {
  const { exchange } = call
  const { response } = exchange
  let state: 'waiting' | 'sent' | 'begun' | 'answered' | 'over' = 'waiting'
  let isBodyBegun = false
  let isEmpty = false
  let connectionField: Fields['connection']

  return {
    isOver: (): boolean => state === 'over',
    isWaiting: (): boolean => state === 'waiting',
    /** Notes that the call is on its way to the upstream. */
    send(): void {
      if (state === 'waiting') state = 'sent'
    },
    /** Notes the first byte of an answer, also of an interim one. */
    begin(): void {
      if (state === 'sent') state = 'begun'
    },
    /** Takes the head of an answer that may have `fields` lines. Interim answers (RFC 9110, 15.2) end here. */
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
      // A body that has come with its head leaves with it; else the client sees the head at once.
      queueMicrotask(() => {
        if (!isBodyBegun && !isGone(exchange)) sendHead(exchange)
      })
      events.onAnswered(status, headers)
    },
    /** Hands on a piece of the body. */
    write(source: AnswerSource, chunk: Buffer): void {
      isBodyBegun = true
      if (isEmpty || response.write(chunk)) return
      source.pause()
      holdBack(call)
      events.onHeldBack()
    },
    /** Ends the answer, with its trailers where the client can have them (RFC 9112, 7.1.2). */
    end(trailers: Fields): void {
      isBodyBegun = true
      endAnswer(call, toTrailers(trailers, createAnswerTrailerName(connectionField)))
      state = 'over'
      events.onDone()
    },
    /** Hands over to what joins the two connections: nothing can be answered any more. */
    upgrade(headers: Fields): void {
      state = 'answered'
      events.onAnswered(101, headers)
    },
    /** Ends a call that has failed, once. */
    fail(error: NodeJS.ErrnoException): void {
      if (state === 'over') return
      const before = state
      state = 'over'
      if (before === 'answered' || response.headersSent) {
        // Half an answer cannot be taken back: cutting it off is how the client learns.
        cutOff(exchange)
        events.onCut(error)
        return
      }
      events.onFailed({ error, isSent: before !== 'waiting', hasBegun: before === 'begun' })
    },
    /** Gives the answer up: whatever comes of it is dropped. Gives whether anything was under way. */
    abandon(): boolean {
      const wasUnderWay = state !== 'over'
      state = 'over'
      return wasUnderWay
    },
  }
}

export type Relay = ReturnType<typeof createRelay>
