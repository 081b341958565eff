import { PosternError } from '../../errors.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { ambiguous, hasBody } from './assert-framing.ts'

/**
 * Throws `bad_request` unless a request to change the protocol opens a WebSocket (RFC 6455, section 4.1), and
 * `websocket_version_unsupported` for another version (RFC 6455, section 4.2.2).
 */
export function assertWebSocket(context: RequestContext): void {
  const { headers } = context.request
  if (context.method === 'GET' && !hasBody(context) && headers['sec-websocket-key'] !== undefined) {
    if (headers['sec-websocket-version'] === '13') return
    throw new PosternError(
      'websocket_version_unsupported',
      'The request opens a WebSocket of another version than 13, or names none. Send Sec-WebSocket-Version: 13.',
    )
  }
  throw ambiguous(
    context,
    'The request asks for a WebSocket and is not the GET without a body, with Sec-WebSocket-Key, that opens one. Use a WebSocket library, or leave the header Upgrade out.',
  )
}
