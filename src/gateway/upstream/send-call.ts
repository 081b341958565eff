import type { Dispatcher } from 'undici'
import type { FailureReport } from '../log/report-failures.ts'
import { createSilenceWatch } from '../message/watch-silence.ts'
import { isGone } from '../request-context/request-context.ts'
import { dispatchCall } from './dispatch-call.ts'
import { clientGone, explainFailure, type ForwardOutcome, isReading, mayRepeat } from './forward-outcome.ts'
import type { createTrailerSender } from './forward-trailers.ts'
import type { OpenCall } from './open-calls.ts'
import type { RelayEvents } from './relay-answer.ts'
import type { Slots } from './take-slot.ts'
import type { UpstreamTimeouts } from './upstream.ts'

/** What becomes of a call: the status of its answer, or why there is none. */
type Ends = Record<'settle' | 'fail', (outcome: ForwardOutcome) => void>

/** Forwards a request that has a connection; `fail` gets the reason if there is no response. */
export type SendCall = (call: OpenCall, options: Dispatcher.DispatchOptions, ends: Ends) => void

interface SendDependencies {
  pool: Dispatcher
  timeouts: Pick<UpstreamTimeouts, 'connect' | 'idle'>
  slots: Pick<Slots, 'giveBack'>
  report: Pick<FailureReport, 'upstreamFailed'>
  forwardTrailers: ReturnType<typeof createTrailerSender>
}

/** Gives what sends calls on, and tries one a second time where that can do no harm. */
export function createSendCall({
  pool,
  timeouts,
  slots,
  report,
  forwardTrailers,
}: SendDependencies): SendCall {
  const connections = { pool, milliseconds: timeouts.connect }

  return (call, options, { settle, fail }) => {
    const { context } = call
    const watch = createSilenceWatch(context, timeouts.idle)
    const isWhole = options.body === null && options.upgrade === undefined
    if (!isWhole) watch()
    let mayTryAgain = isWhole
    let wasSent = false
    const events: RelayEvents = {
      onAnswered(status, answer) {
        if (isEndless(status, answer)) context.hold.release()
        settle({ status })
      },
      onFailed(failure) {
        if (isGone(context)) return fail(clientGone())
        wasSent ||= failure.isSent
        if (mayTryAgain && mayRepeat(context.method, failure)) {
          mayTryAgain = false
          return dispatchCall(connections, call, options, events)
        }
        const isHarmless = isReading(context.method, options.body !== null)
        const error = explainFailure({ ...failure, isSent: wasSent }, isHarmless)
        report.upstreamFailed(context, error.code, failure.error)
        fail({ error })
      },
      onCut: (error) => {
        if (!isGone(context)) report.upstreamFailed(context, 'answer_cut_off', error)
      },
      onHeldBack: watch,
      onDone: () => slots.giveBack(call),
    }
    const isSent = options.body === context.request && forwardTrailers(call, options, events)
    if (!isSent) dispatchCall(connections, call, options, events)
  }
}

/** Returns whether a response has no end of its own: a WebSocket, or server-sent events. */
const isEndless = (
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean => status === 101 || String(headers['content-type']).startsWith('text/event-stream')
