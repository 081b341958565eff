import type { Dispatcher } from 'undici'
import { type Exchange, isGone, isHttp2, ownHeaders } from './exchange.ts'
import { joinSockets } from './join-sockets.ts'
import { closeWithAnswer, stopBody } from './leave-body.ts'
import { linger } from './linger.ts'
import type { OpenCall } from './open-calls.ts'
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
  /** The upstream has nothing more to do with it. */
  onDone(): void
}

/** Streams what the upstream answers to the client, no faster than the client takes it. */
export function createRelay(call: OpenCall, hasBody: boolean, events: RelayEvents) {
  const { exchange } = call
  const { response } = exchange
  let state: 'waiting' | 'started' | 'answered' | 'failed' = 'waiting'
  let isBodyBegun = false
  let isEnded = false
  let started: Dispatcher.DispatchController | undefined
  const fail = (error: NodeJS.ErrnoException): void => {
    const before = state
    state = 'failed'
    // Half an answer cannot be taken back: cutting it off is how the client learns.
    if (before === 'answered') response.destroy()
    else if (before !== 'failed') events.onFailed(error)
  }
  call.abandon = () => {
    state = 'failed'
    if (!isEnded) started?.abort(new Error('nobody waits for it any more'))
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      if (state === 'failed' || isGone(exchange)) return controller.abort(new Error('the client has gone'))
      started = controller
      state = 'started'
      if (hasBody && exchange.request.headers.expect !== undefined) response.writeContinue()
    },
    onBodySent(chunk) {
      call.bytesSentOn += chunk.length
    },
    onRequestUpgrade(_controller, _status, headers, socket) {
      state = 'answered'
      joinSockets(exchange, headers, socket)
      events.onAnswered(101, headers)
    },
    onResponseStart(controller, status, headers) {
      // Interim answers (RFC 9110, 15.2) end here.
      if (status < 200) return
      state = 'answered'
      response.on('drain', () => {
        call.heldBytes = undefined
        controller.resume()
      })
      writeHead(exchange, status, headers)
      // A body that has come with its head leaves with it; else the client sees the head at once.
      queueMicrotask(() => {
        if (!isBodyBegun && !isGone(exchange)) response.flushHeaders()
      })
      events.onAnswered(status, headers)
    },
    onResponseData(controller, chunk) {
      isBodyBegun = true
      if (response.write(chunk)) return
      controller.pause()
      holdBack(call)
      events.onHeldBack()
    },
    onResponseEnd(_controller, trailers) {
      isBodyBegun = true
      isEnded = true
      endAnswer(
        call,
        Object.entries(trailers ?? {}).flatMap(([name, value]) => [name, String(value)]),
      )
      events.onDone()
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

/** Notes what waits for the client to take it. */
export function holdBack(call: OpenCall): void {
  call.heldBytes = call.exchange.response.writableLength
  call.pace.heldSeconds = 0
}

/** Writes the head of an answer, with what the gateway says in it. */
export function writeHead(exchange: Exchange, status: number, headers: Headers): void {
  // An upstream that refuses a call in the middle of its body most often reads no more of it.
  if (status >= 400 && !exchange.request.complete && !isHttp2(exchange)) closeWithAnswer(exchange.connection)
  const sent = { ...toClientHeaders(headers), ...ownHeaders(exchange) }
  if (exchange.rateLimit !== undefined) joinRateLimits(sent, headers)
  exchange.response.writeHead(status, sent)
}

/** Both fields are lists: the limits of the upstream come behind those of the gateway. */
function joinRateLimits(sent: Record<string, string | string[]>, headers: Headers): void {
  for (const name of ['ratelimit-policy', 'ratelimit'])
    if (headers[name] !== undefined) sent[name] = `${sent[name]}, ${[headers[name]].flat().join(', ')}`
}

/** Ends an answer, with its trailers where the client can have them (RFC 9112, 7.1.2). */
export function endAnswer(call: OpenCall, rawTrailers: readonly string[]): void {
  const { exchange } = call
  const { request, response, connection } = exchange
  // Nobody reads what is left of the body, and a client that only writes would wait for ever.
  if (isHttp2(exchange)) {
    if (rawTrailers.length === 0) stopBody(exchange)
  } else if (!request.complete) response.once('finish', () => linger(connection.socket))
  const canTrail = isHttp2(exchange) || response.chunkedEncoding
  if (canTrail && rawTrailers.length > 0) response.addTrailers(Object.fromEntries(toTrailers(rawTrailers)))
  response.end()
  holdBack(call)
}
