import type { Dispatcher } from 'undici'
import type { FailureReport } from '../log/report-failures.ts'
import { hasBody } from '../message/assert-framing.ts'
import { isGone, type RequestContext } from '../request-context/request-context.ts'
import { abortRequest } from './abort-request.ts'
import { clientGone, type ForwardOutcome, upstreamBusy } from './forward-outcome.ts'
import { createTrailerSender } from './forward-trailers.ts'
import type { OpenCall, OpenCalls } from './open-calls.ts'
import { createSendCall, type SendCall } from './send-call.ts'
import { createSlots, type Slots } from './take-slot.ts'
import { defaultTimeouts, openPool, type Upstream } from './upstream.ts'
import { createSentName, toUpstreamHeaders, type UpstreamDetails } from './upstream-headers.ts'

/**
 * Forwards requests, streaming both bodies with backpressure. A request is sent again only if its connection
 * broke and it is idempotent. While no connection is available, requests wait in turn by organization.
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
    /** Returns path and query of a request at the upstream. */
    targetOf: ({ request }: RequestContext): string => basePath + (request.url ?? '/'),

    /**
     * Forwards a request and streams the response. Resolves when the head of the response is being sent, or
     * when it is known that there is none: then nothing has been answered yet. Throws `bad_request` for a
     * repeated singleton field.
     */
    async forward(
      call: OpenCall,
      details: Omit<UpstreamDetails, 'host' | 'sentName' | 'isAccepted'>,
    ): Promise<ForwardOutcome> {
      const { context } = call
      const { request, method } = context
      const path = basePath + (request.url ?? '/')
      const headers = toUpstreamHeaders(context, {
        ...details,
        host: url.host,
        isAccepted: call.access.certificate !== undefined,
        sentName,
      })
      const body = bodyOf(context, details)
      const upgrade = context.upgradeHead !== undefined && { upgrade: 'websocket' }
      if (isGone(context)) return clientGone()
      return sendInTurn({ openCalls, slots, send }, call, { path, method, headers, body, ...upgrade })
    },
    close: () => pool.destroy(),
  }
}

/** Forwards a request as soon as it has a connection. */
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
    call.breakOff = (error) => abortRequest(call, error, fail)
    call.context.response.once('close', () => {
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
          // An error of this request must not reach the one that released the connection.
          slots.giveBack(call)
          reject(error)
        }
      },
      onGivenUp: () => fail(isGone(call.context) ? clientGone() : upstreamBusy()),
    })
  })

/** Returns the body of a request to forward: the buffered one, or the request stream. */
function bodyOf(
  context: RequestContext,
  { body }: Pick<UpstreamDetails, 'body'>,
): Exclude<Dispatcher.DispatchOptions['body'], undefined> {
  if (body !== undefined) return body.length > 0 ? body : null
  return hasBody(context) ? context.request : null
}

export type UpstreamProxy = ReturnType<typeof createProxy>
