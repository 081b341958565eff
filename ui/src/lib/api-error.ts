import type { Problem } from '../../../src/contract/common.ts'
import type { ErrorCode } from '../../../src/contract/error-codes.ts'

/** An error of the API, or a missing response. Branch on `code`; show the message and the trace ID. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** `unreachable` if there was no response. */
  readonly code: ErrorCode | 'unreachable'
  readonly status: number
  readonly traceId: string | undefined
  /** The rejected input fields, by their path. */
  readonly fields: NonNullable<Problem['fields']>

  constructor(problem: {
    code: ErrorCode | 'unreachable'
    detail: string
    status: number
    traceId?: string | undefined
    fields?: Problem['fields']
  }) {
    super(problem.detail)
    this.code = problem.code
    this.status = problem.status
    this.traceId = problem.traceId
    this.fields = problem.fields ?? []
  }
}

/** Returns whether `error` is an API error with one of `codes`. */
export function isDenial(error: unknown, ...codes: ApiError['code'][]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code)
}
