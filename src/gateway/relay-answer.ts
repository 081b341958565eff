import type { Dispatcher } from 'undici'
import { endGently } from './connections.ts'
import { type Exchange, isGone, isHttp2, ownHeaders } from './exchange.ts'
import { joinSockets } from './join-sockets.ts'
import { toClientHeaders, toTrailers } from './upstream-headers.ts'

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What becomes of a call that was handed to the upstream. */
export interface RelayEvents {
  /** The head of the answer is on its way to the client. */
  onAnswered(status: number, headers: Headers): void
  /** There is no answer. */
  onFailed(error: NodeJS.ErrnoException): void
  /** The client does not take what is there for it. */
  onHeldBack(): void
}

/** Streams what the upstream answers to the client, no faster than the client takes it. */
export function createRelay(
  exchange: Exchange,
  hasBody: boolean,
  { onAnswered, onFailed, onHeldBack }: RelayEvents,
) {
  const { response } = exchange
  let state: 'waiting' | 'started' | 'answered' | 'failed' = 'waiting'
  let isBodyBegun = false
  let isEnded = false
  let abandon = () => {}
  response.once('close', () => abandon())
  const fail = (error: NodeJS.ErrnoException): void => {
    // Half an answer cannot be taken back: cutting it off is how the client learns.
    if (state === 'answered') response.destroy()
    else if (state !== 'failed') onFailed(error)
    state = 'failed'
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      abandon = () => {
        if (!isEnded) controller.abort(new Error('the client has gone'))
      }
      if (state === 'failed') return controller.abort(new Error('nobody waits for it any more'))
      state = 'started'
      if (isGone(exchange)) abandon()
      else if (hasBody && exchange.request.headers.expect !== undefined) response.writeContinue()
    },
    onRequestUpgrade(_controller, _status, headers, socket) {
      state = 'answered'
      joinSockets(exchange, headers, socket)
      onAnswered(101, headers)
    },
    onResponseStart(controller, status, headers) {
      // Interim answers (RFC 9110, 15.2) end here.
      if (status < 200) return
      state = 'answered'
      response.on('drain', () => controller.resume())
      writeHead(exchange, status, headers)
      // A body that has come with its head leaves with it; else the client sees the head at once.
      queueMicrotask(() => {
        if (!isBodyBegun && !isGone(exchange)) response.flushHeaders()
      })
      onAnswered(status, headers)
    },
    onResponseData(controller, chunk) {
      isBodyBegun = true
      if (response.write(chunk)) return
      controller.pause()
      onHeldBack()
    },
    onResponseEnd(_controller, trailers) {
      isBodyBegun = true
      isEnded = true
      endAnswer(
        exchange,
        Object.entries(trailers ?? {}).flatMap(([name, value]) => [name, String(value)]),
      )
    },
    onResponseError: (_controller, error) => fail(error as NodeJS.ErrnoException),
  }
  return {
    handler,
    /** Gives a call up that has not found a connection. */
    giveUp: () => {
      if (state === 'waiting') fail(Object.assign(new Error('no connection is free'), { code: 'ETIMEDOUT' }))
    },
  }
}

/** Writes the head of an answer, with what the gateway says in it. */
export function writeHead(exchange: Exchange, status: number, headers: Headers): void {
  exchange.response.writeHead(status, { ...toClientHeaders(headers), ...ownHeaders(exchange) })
}

/** Ends an answer, with its trailers where the client can have them (RFC 9112, 7.1.2). */
export function endAnswer(exchange: Exchange, rawTrailers: readonly string[]): void {
  const { request, response, connection } = exchange
  // Nobody reads what is left of the body, and a client that only writes would wait for ever.
  if (!isHttp2(exchange) && !request.complete) response.once('finish', () => endGently(connection))
  const canTrail = isHttp2(exchange) || response.chunkedEncoding
  if (canTrail && rawTrailers.length > 0) response.addTrailers(Object.fromEntries(toTrailers(rawTrailers)))
  response.end()
}
