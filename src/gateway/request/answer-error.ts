import type { ActivityKind } from '../../contract/activity.ts'
import { errorStatus } from '../../contract/error-status.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import type { FailureReport } from '../log/report-failures.ts'
import { cutOff } from '../message/cut-off.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { Observation } from '../observation/observation.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Findings } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { type DenialDependencies, describeDenial } from './describe-denial.ts'
import { explainError } from './explain-error.ts'

/** What an error is answered with, and where it is recorded. */
export interface ErrorDependencies extends DenialDependencies {
  record(observation: Observation): void
  report: Pick<FailureReport, 'failed'>
}

/**
 * Answers with what a step has thrown, and records it with what had been found out by then. An error that is none of
 * Postern's goes to the log, and its client is told its trace ID alone. Throws nothing.
 */
export function answerError(
  dependencies: ErrorDependencies,
  context: RequestContext,
  found: Findings,
  error: unknown,
): void {
  const { response } = context
  try {
    const { code, explanation, headers } = explainError(error, context)
    if (code === 'internal_error') dependencies.report.failed(context, error)
    if (response.headersSent) cutOff(context)
    else {
      const denial = { code, explanation, headers, isAboutCertificate: false }
      sendJson(context, found, describeDenial(dependencies, context, denial))
    }
    // A disconnected client got no response, whatever status Node has.
    const status = response.headersSent ? response.statusCode : errorStatus[code]
    dependencies.record(observeRequest(context, found, getKind(context), { status, code, explanation }))
  } catch (failure) {
    dependencies.report.failed(context, failure)
    response.destroy()
  }
}

/** As what a request is recorded. */
export const getKind = ({ path }: RequestContext): ActivityKind =>
  findEndpoint(path) === undefined ? 'call' : 'token'
