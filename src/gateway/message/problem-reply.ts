import { type Exchange, isGone } from '../request-context/exchange.ts'
import type { Findings } from '../request-context/findings.ts'
import { ownHeaders } from '../request-context/own-headers.ts'
import { leaveBody } from './leave-body.ts'

/** An answer in JSON. */
export interface JsonReply {
  status: number
  body: object
  headers?: Readonly<Record<string, string>>
}

/** Responds with JSON that must not be cached. */
export function sendJson(
  exchange: Exchange,
  found: Pick<Findings, 'access' | 'rateLimit'>,
  { status, body, headers }: JsonReply,
): void {
  const { response } = exchange
  if (response.headersSent || isGone(exchange)) return
  leaveBody(exchange)
  // A string is sent in one piece with the head.
  const content = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
    'cache-control': 'no-store',
    ...ownHeaders(exchange, found),
    ...headers,
  })
  response.end(content)
}
