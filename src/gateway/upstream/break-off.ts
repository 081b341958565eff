import type { PosternError } from '../../errors.ts'
import { cutOff } from '../message/cut-off.ts'
import { isHttp2 } from '../request-context/exchange.ts'
import type { ForwardOutcome } from './forward-outcome.ts'
import type { OpenCall } from './open-calls.ts'

/**
 * Ends an open call from our side: with `error` by `fail` where nothing is answered yet, else by cutting the
 * answer off, which is how the client learns that there was more.
 */
export function breakOff(call: OpenCall, error: PosternError, fail: (outcome: ForwardOutcome) => void): void {
  const { exchange } = call
  const { request, response, connection, upgradeHead } = exchange
  if (response.headersSent) return void cutOff(exchange)
  // The answer to the opening of a WebSocket goes past the response.
  if (upgradeHead !== undefined) return void connection.socket.destroy()
  // What is left of a body would come in the way of the next request.
  if (!request.complete && !isHttp2(exchange)) connection.closing = true
  fail({ error })
  call.abandon()
}
