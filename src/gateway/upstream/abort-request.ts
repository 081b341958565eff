import type { PosternError } from '../../errors.ts'
import { cutOff } from '../message/cut-off.ts'
import { isHttp2 } from '../request-context/request-context.ts'
import type { ForwardOutcome } from './forward-outcome.ts'
import type { OpenCall } from './open-calls.ts'

/**
 * Ends an open request from the gateway's side: with `error` by `fail` if there is no response yet, otherwise
 * by cutting the response off, which tells the client that it is incomplete.
 */
export function abortRequest(
  call: OpenCall,
  error: PosternError,
  fail: (outcome: ForwardOutcome) => void,
): void {
  const { context } = call
  const { request, response, connection, upgradeHead } = context
  if (response.headersSent) return void cutOff(context)
  // The response to a WebSocket upgrade bypasses the response object.
  if (upgradeHead !== undefined) return void connection.socket.destroy()
  // The rest of a body would be in the way of the next request.
  if (!request.complete && !isHttp2(context)) connection.closing = true
  fail({ error })
  call.abandon()
}
