import type { Findings } from '../request-context/findings.ts'
import { ownHeaders } from '../request-context/own-headers.ts'
import { isGone, type RequestContext } from '../request-context/request-context.ts'
import { discardBody } from './discard-body.ts'

/** An answer in JSON. */
export interface JsonReply {
  status: number
  body: object
  headers?: Readonly<Record<string, string>>
}

/** Responds with JSON that must not be cached. */
export function sendJson(
  context: RequestContext,
  found: Pick<Findings, 'access' | 'rateLimit'>,
  { status, body, headers }: JsonReply,
): void {
  const { response } = context
  if (response.headersSent || isGone(context)) return
  discardBody(context)
  // A string is sent in one piece with the head.
  const content = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
    'cache-control': 'no-store',
    ...ownHeaders(context, found),
    ...headers,
  })
  response.end(content)
}
