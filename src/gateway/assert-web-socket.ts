import { ambiguous, hasBody } from './assert-framing.ts'
import type { Exchange } from './exchange.ts'

/** Throws `bad_request` unless a request that wants to change the protocol opens a WebSocket (RFC 6455, 4.1). */
export function assertWebSocket(exchange: Exchange): void {
  const { headers } = exchange.request
  if (
    exchange.method === 'GET' &&
    !hasBody(exchange) &&
    String(headers.upgrade).toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    headers['sec-websocket-key'] !== undefined
  )
    return
  throw ambiguous(
    exchange,
    'The header Upgrade asks for another protocol than a WebSocket of version 13. Leave it out; HTTP/2 is agreed upon in the TLS handshake.',
  )
}
