import { STATUS_CODES } from 'node:http'
import type { ErrorCode } from '../../contract/error-codes.ts'
import { errorStatus } from '../../contract/error-status.ts'

/** RFC 9457 problem details of the gateway. */
export function getProblem(code: ErrorCode, detail: string, traceId: string) {
  const status = errorStatus[code]
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status, code, detail, traceId }
}
