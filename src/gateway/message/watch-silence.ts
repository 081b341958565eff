import type { Exchange } from '../request-context/exchange.ts'
import { cutOff } from './cut-off.ts'

/**
 * Gives what begins to watch a call, once: it is broken off when its client has neither sent nor taken anything for
 * `milliseconds`. A client that waits for an answer is not silent: the upstream has a time of its own for that.
 */
export function createSilenceWatch(exchange: Exchange, milliseconds: number): () => void {
  const { request, response } = exchange
  let isWatched = false
  return () => {
    if (isWatched) return
    isWatched = true
    response.setTimeout(milliseconds, () => {
      if (request.complete && !response.headersSent) return
      cutOff(exchange)
    })
  }
}
