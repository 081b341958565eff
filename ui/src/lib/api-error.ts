import type { ErrorCode } from '../../../src/contract/error-codes.ts'
import type { FieldError } from '../../../src/contract/problem.ts'
import type { SecondFactor } from '../../../src/contract/second-factor.ts'
import type { StepUpAct } from '../../../src/contract/step-up.ts'

/** An error of the API, or a missing response. Branch on `code`; show the message and the trace ID. */
export class ApiError extends Error {
  override name = 'ApiError'
  /** A code of the API, of a later release too; `unreachable` if there was no response. */
  readonly code: string
  readonly status: number
  readonly traceId: string | undefined
  /** The parts of the request that were not accepted. */
  readonly errors: FieldError[]
  /** For what the user has to prove again who they are. */
  readonly stepUp: StepUpAct | undefined
  /** What can complete a sign-in that needs a second factor. */
  readonly secondFactors: SecondFactor[]

  constructor(problem: {
    code: string
    detail: string
    status: number
    traceId?: string | undefined
    errors?: FieldError[] | undefined
    stepUp?: StepUpAct | undefined
    secondFactors?: SecondFactor[] | undefined
  }) {
    super(problem.detail)
    this.code = problem.code
    this.status = problem.status
    this.traceId = problem.traceId
    this.errors = problem.errors ?? []
    this.stepUp = problem.stepUp
    this.secondFactors = problem.secondFactors ?? []
  }
}

/** Returns whether `error` is an API error with one of `codes`. */
export function isDenial(error: unknown, ...codes: (ErrorCode | 'unreachable')[]): error is ApiError {
  return error instanceof ApiError && codes.some((code) => code === error.code)
}
