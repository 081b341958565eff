import { STATUS_CODES } from 'node:http'
import type { ErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { type Exchange, isGone, ownHeaders } from './exchange.ts'
import { leaveBody } from './leave-body.ts'

/** RFC 9457 problem details as the gateway writes them. */
export function problemOf(code: ErrorCode, detail: string, traceId: string) {
  const status = errorStatus[code]
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status, code, detail, traceId }
}

/** Answers with JSON that nobody may keep. */
export function sendJson(
  exchange: Exchange,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const { response } = exchange
  if (response.headersSent || isGone(exchange)) return
  leaveBody(exchange)
  // As text it goes out in one piece with the head.
  const content = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
    'cache-control': 'no-store',
    ...ownHeaders(exchange),
    ...headers,
  })
  response.end(content)
}
