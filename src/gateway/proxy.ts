import type { Dispatcher } from 'undici'
import { assertFraming, hasBody } from './assert-framing.ts'
import { type Exchange, isGone } from './exchange.ts'
import { clientGone, explainFailure, type ForwardOutcome, mayRepeat } from './forward-outcome.ts'
import { createTrailerSender } from './forward-trailers.ts'
import { createRelay, type RelayEvents } from './relay-answer.ts'
import { defaultTimeouts, openPool, type Upstream } from './upstream.ts'
import { toUpstreamHeaders, type UpstreamFacts } from './upstream-headers.ts'
import { watchSilence } from './watch-silence.ts'

/**
 * Sends calls on, both bodies as streams: neither side is read faster than the other takes it. A call is
 * sent a second time only where its connection broke and a second arrival can do no harm.
 */
export function createProxy(upstream: Upstream) {
  const url = new URL(upstream.url)
  const basePath = url.pathname.replace(/\/+$/, '')
  const timeouts = { ...defaultTimeouts, ...upstream.timeouts }
  const pool = openPool(upstream)
  const forwardTrailers = createTrailerSender(upstream, timeouts)

  const send = (exchange: Exchange, options: Dispatcher.DispatchOptions, events: RelayEvents): void => {
    const { handler, giveUp } = createRelay(exchange, options.body !== null, events)
    // Without an end a call would wait for a free connection for ever.
    if (!pool.dispatch(options, handler)) setTimeout(giveUp, timeouts.connect).unref()
  }

  return {
    /** Path and query under which the upstream gets a call. */
    targetOf: ({ request }: Exchange): string => basePath + (request.url ?? '/'),

    /**
     * Forwards a call and streams the answer. Done when the head of the answer is on its way, or when it is
     * clear that there will be none: then nothing has been answered yet. Throws `bad_request` for a request
     * that the upstream could read in another way than the gateway.
     */
    async forward(exchange: Exchange, facts: Omit<UpstreamFacts, 'host'>): Promise<ForwardOutcome> {
      assertFraming(exchange)
      const { request, method } = exchange
      const path = basePath + (request.url ?? '/')
      const headers = toUpstreamHeaders(exchange, { ...facts, host: url.host })
      const body = hasBody(exchange) ? request : null
      const upgrade = exchange.upgradeHead === undefined ? undefined : 'websocket'
      if (isGone(exchange)) return clientGone
      let isWatched = false
      const watch = (): void => {
        if (!isWatched) watchSilence(exchange, timeouts.idle)
        isWatched = true
      }
      if (body !== null || upgrade !== undefined) watch()

      return new Promise((settle) => {
        let mayTryAgain = body === null && upgrade === undefined
        const options: Dispatcher.DispatchOptions = {
          path,
          method,
          headers,
          body,
          ...(upgrade && { upgrade }),
        }
        const events: RelayEvents = {
          onAnswered(status, answer) {
            const endless = isEndless(status, answer)
            if (endless) exchange.letGo()
            settle({ status, isEndless: endless })
          },
          onFailed(error) {
            if (isGone(exchange)) return settle(clientGone)
            if (!mayTryAgain || !mayRepeat(method, error)) return settle(explainFailure(error))
            mayTryAgain = false
            send(exchange, options, events)
          },
          onHeldBack: watch,
        }
        if (body !== null && request.headers.trailer !== undefined)
          forwardTrailers(exchange, { path, headers }, events)
        else send(exchange, options, events)
      })
    },
    close: () => pool.destroy(),
  }
}

/** Whether an answer goes on until somebody breaks it off: a WebSocket, or server-sent events. */
const isEndless = (
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean => status === 101 || String(headers['content-type']).startsWith('text/event-stream')

export type UpstreamProxy = ReturnType<typeof createProxy>
