import type { Dispatcher } from 'undici'
import { sendContinue } from '../message/send-continue.ts'
import { isGone } from '../request-context/request-context.ts'
import type { OpenCall } from './open-calls.ts'
import { pipeSockets } from './pipe-sockets.ts'
import { createRelay, type RelayEvents } from './relay-answer.ts'

/**
 * Passes a request to the connections of its upstream. Undici reports an error thrown in here as
 * `onResponseError`, so it is handled like every other failure. A request without a connection after
 * `milliseconds` fails.
 */
export function dispatchCall(
  { pool, milliseconds }: { pool: Dispatcher; milliseconds: number },
  call: OpenCall,
  options: Dispatcher.DispatchOptions,
  events: RelayEvents,
): void {
  const { context } = call
  const { request } = context
  const relay = createRelay(call, events)
  let started: Dispatcher.DispatchController | undefined
  call.abandon = () => {
    if (relay.abandon()) started?.abort(new Error('nobody waits for it any more'))
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      if (relay.isOver() || isGone(context)) return controller.abort(new Error('the client has gone'))
      started = controller
      relay.send()
      if (options.body === request) sendContinue(context)
    },
    onBodySent(chunk) {
      call.bytesSentOn += chunk.length
    },
    onRequestUpgrade(_controller, _status, headers, socket) {
      pipeSockets(call, headers, socket)
      relay.upgrade(headers)
    },
    onResponseStarted: relay.begin,
    onResponseStart: (controller, status, headers) =>
      relay.start(controller, status, headers, linesOf(controller)),
    onResponseData: relay.write,
    onResponseEnd: (_controller, trailers) => relay.end(trailers ?? {}),
    onResponseError: (_controller, error) => relay.fail(error),
  }
  const giveUp = (): void => {
    if (relay.isWaiting())
      relay.fail(Object.assign(new Error('no connection is free'), { code: 'ETIMEDOUT' }))
  }
  // A connection that was just released may need a moment; without a limit a request could wait forever.
  if (!pool.dispatch(options, handler)) setTimeout(giveUp, milliseconds).unref()
}

/** Counts the fields of a response head; undici stores names and values alternately. */
const linesOf = ({ rawHeaders }: Dispatcher.DispatchController): number =>
  Array.isArray(rawHeaders) ? rawHeaders.length / 2 : 0
