import { STATUS_CODES } from 'node:http'
import type { Problem } from '../contract/common.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { PosternError } from '../errors.ts'
import { isStoreAway } from '../storage/engine.ts'

/** RFC 9457 problem details of an error, and what the log should know of it. */
export function toProblem(error: unknown, traceId: string, fields?: Problem['fields']): Problem {
  const { code, sentence } = describeError(error)
  const status = errorStatus[code]
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: sentence,
    traceId,
    ...(fields === undefined ? {} : { fields }),
  }
}

function describeError(error: unknown): { code: ErrorCode; sentence: string } {
  if (error instanceof PosternError) return { code: error.code, sentence: error.message }
  if (isStoreAway(error)) {
    return {
      code: 'storage_unavailable',
      sentence:
        'Postern cannot reach its store at this moment. Try again in a minute; calls at the gateways go on.',
    }
  }
  const foreign = error as { statusCode?: number; code?: string }
  if (foreign.statusCode === 413)
    return { code: 'body_too_large', sentence: 'The request is larger than Postern accepts here.' }
  if (foreign.statusCode === 429)
    return { code: 'too_many_requests', sentence: 'Too many attempts. Wait a minute and try again.' }
  if (foreign.statusCode !== undefined && foreign.statusCode >= 400 && foreign.statusCode < 500) {
    return {
      code: 'bad_request',
      sentence: 'The request could not be read: send JSON with the header Content-Type: application/json.',
    }
  }
  return {
    code: 'internal_error',
    sentence:
      'Something went wrong in Postern. Nothing was changed unless you see it. Try again; if it stays, give the trace id to the operator.',
  }
}
