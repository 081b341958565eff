import type { Problem } from '../../../src/contract/common.ts'
import type { ErrorCode } from '../../../src/contract/error-codes.ts'

/** A refusal of the API, or the lack of an answer. Branch on `code`; show the message and the trace id. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** `unreachable` where no answer came. */
  readonly code: ErrorCode | 'unreachable'
  readonly status: number
  readonly traceId: string | undefined
  /** Which input fields were refused, by their path. */
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

/** Whether `error` is a refusal with one of `codes`. */
export function isRefusal(error: unknown, ...codes: ApiError['code'][]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code)
}
