import type { ActivityKind } from '../../contract/activity.ts'
import { errorStatus } from '../../contract/error-status.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import type { FailureReport } from '../log/report-failures.ts'
import { cutOff } from '../message/cut-off.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { Observation } from '../observation/observation.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { Findings } from '../request-context/findings.ts'
import { type DenialParts, describeRefusal } from './describe-refusal.ts'
import { explainError } from './explain-error.ts'

/** What an error is answered with, and where it is recorded. */
export interface ErrorParts extends DenialParts {
  record(observation: Observation): void
  report: Pick<FailureReport, 'failed'>
}

/**
 * Answers with what a step has thrown, and records it with what had been found out by then. An error that is none of
 * Postern's goes to the log, and its client is told its trace ID alone. Throws nothing.
 */
export function answerError(parts: ErrorParts, exchange: Exchange, found: Findings, error: unknown): void {
  const { response } = exchange
  try {
    const { code, explanation, headers } = explainError(error, exchange)
    if (code === 'internal_error') parts.report.failed(exchange, error)
    if (response.headersSent) cutOff(exchange)
    else {
      const denial = { code, explanation, headers, isAboutCertificate: false }
      sendJson(exchange, found, describeRefusal(parts, exchange, denial))
    }
    // A disconnected client got no response, whatever status Node has.
    const status = response.headersSent ? response.statusCode : errorStatus[code]
    parts.record(observeExchange(exchange, found, kindOf(exchange), { status, code, explanation }))
  } catch (failure) {
    parts.report.failed(exchange, failure)
    response.destroy()
  }
}

/** As what a request is recorded. */
export const kindOf = ({ path }: Exchange): ActivityKind =>
  findEndpoint(path) === undefined ? 'call' : 'token'
