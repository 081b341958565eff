import type { ErrorCode } from '../contract/error-codes.ts'
import type { Exchange } from './exchange.ts'
import type { Log } from './log.ts'
import { createRareReport } from './report-rarely.ts'

const mostCauseCharacters = 200

/** Refusals by which nobody but the client has done something wrong. */
const clients: ReadonlySet<string> = new Set<ErrorCode>(['bad_request', 'client_gone', 'upstream_busy'])

/** Tells the log of calls that got no whole answer. It names the call by its trace id, and nothing of what it says. */
export function createFailureReport(log: Log, clock: { now(): number }) {
  const report = createRareReport(log, clock)
  return {
    /** Something was thrown that Postern does not know. */
    failed({ environment, traceId }: Exchange, error: unknown): void {
      report('error', 'internal_error', 1, {
        facts: { environment, traceId, err: error },
        sentence: 'A call could not be answered.',
      })
    },
    /** The upstream gave no answer that can be passed on, or broke off in the middle of one. */
    upstreamFailed(
      { environment, traceId }: Exchange,
      code: ErrorCode | 'answer_cut_off',
      error: NodeJS.ErrnoException,
    ): void {
      if (clients.has(code)) return
      const cause = `${error.code ?? error.name}: ${error.message}`.slice(0, mostCauseCharacters)
      report('warn', `${code} ${environment}`, 1, {
        facts: { environment, traceId, cause },
        sentence: 'The upstream gave no answer that can be passed on, or not the whole of it.',
      })
    },
  }
}

export type FailureReport = ReturnType<typeof createFailureReport>
