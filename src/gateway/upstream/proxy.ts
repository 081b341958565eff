import type { Dispatcher } from 'undici'
import type { FailureReport } from '../log/report-failures.ts'
import { hasBody } from '../message/assert-framing.ts'
import { type Exchange, isGone } from '../request-context/exchange.ts'
import { breakOff } from './break-off.ts'
import { clientGone, type ForwardOutcome, upstreamBusy } from './forward-outcome.ts'
import { createTrailerSender } from './forward-trailers.ts'
import type { OpenCall, OpenCalls } from './open-calls.ts'
import { createSendCall, type SendCall } from './send-call.ts'
import { createSlots, type Slots } from './take-slot.ts'
import { defaultTimeouts, openPool, type Upstream } from './upstream.ts'
import { createSentName, toUpstreamHeaders, type UpstreamFacts } from './upstream-headers.ts'

/**
 * Sends calls on, both bodies as streams: neither side is read faster than the other takes it. A call is
 * sent a second time only where its connection broke and a second arrival can do no harm. While there are
 * no connections left, calls wait for one in turn, organization by organization.
 */
export function createProxy(upstream: Upstream, openCalls: OpenCalls, report: FailureReport) {
  const url = new URL(upstream.url)
  const basePath = url.pathname.replace(/\/+$/, '')
  const timeouts = { ...defaultTimeouts, ...upstream.timeouts }
  const pool = openPool(upstream)
  const slots = createSlots(upstream.connections, timeouts.connect)
  const sentName = createSentName(upstream.reservedHeaders)
  const forwardTrailers = createTrailerSender(upstream, timeouts, sentName)

  const send = createSendCall({ pool, timeouts, slots, report, forwardTrailers })

  return {
    /** Path and query under which the upstream gets a call. */
    targetOf: ({ request }: Exchange): string => basePath + (request.url ?? '/'),

    /**
     * Forwards a call and streams the answer. Done when the head of the answer is on its way, or when it is
     * clear that there will be none: then nothing has been answered yet. Throws `bad_request` for a field that
     * may come once and comes twice.
     */
    async forward(
      call: OpenCall,
      facts: Omit<UpstreamFacts, 'host' | 'sentName' | 'isAccepted'>,
    ): Promise<ForwardOutcome> {
      const { exchange } = call
      const { request, method } = exchange
      const path = basePath + (request.url ?? '/')
      const headers = toUpstreamHeaders(exchange, {
        ...facts,
        host: url.host,
        isAccepted: call.access.certificate !== undefined,
        sentName,
      })
      const body = bodyOf(exchange, facts)
      const upgrade = exchange.upgradeHead !== undefined && { upgrade: 'websocket' }
      if (isGone(exchange)) return clientGone()
      return sendInTurn({ openCalls, slots, send }, call, { path, method, headers, body, ...upgrade })
    },
    close: () => pool.destroy(),
  }
}

/** Sends a call on as soon as it has a connection. */
const sendInTurn = (
  { openCalls, slots, send }: { openCalls: OpenCalls; slots: Slots; send: SendCall },
  call: OpenCall,
  options: Dispatcher.DispatchOptions,
): Promise<ForwardOutcome> =>
  new Promise((resolve, reject) => {
    let isSettled = false
    const settle = (outcome: ForwardOutcome): void => {
      isSettled = true
      resolve(outcome)
    }
    const fail = (outcome: ForwardOutcome): void => {
      slots.giveBack(call)
      settle(outcome)
    }
    call.breakOff = (error) => breakOff(call, error, fail)
    call.exchange.response.once('close', () => {
      openCalls.remove(call)
      call.abandon()
      slots.giveBack(call)
      if (!isSettled) settle(clientGone())
    })
    openCalls.add(call)
    slots.take(call, {
      onTaken() {
        try {
          send(call, options, { settle, fail })
        } catch (error) {
          // Whoever gave the connection back has nothing to do with what is wrong with this call.
          slots.giveBack(call)
          reject(error)
        }
      },
      onGivenUp: () => fail(isGone(call.exchange) ? clientGone() : upstreamBusy()),
    })
  })

/** What is sent as the body of a call: what has been read of it, or the request as it comes. */
function bodyOf(
  exchange: Exchange,
  { body }: Pick<UpstreamFacts, 'body'>,
): Exclude<Dispatcher.DispatchOptions['body'], undefined> {
  if (body !== undefined) return body.length > 0 ? body : null
  return hasBody(exchange) ? exchange.request : null
}

export type UpstreamProxy = ReturnType<typeof createProxy>
