import type { RequestContext } from '../request-context/request-context.ts'
import { cutOff } from './cut-off.ts'

/**
 * Creates a function that monitors a request from its first call on: it is aborted when its client has
 * neither sent nor read anything for `milliseconds`. A client that waits for a response is not idle: the
 * upstream has its own time-out.
 */
export function createSilenceWatch(context: RequestContext, milliseconds: number): () => void {
  const { request, response } = context
  let isWatched = false
  return () => {
    if (isWatched) return
    isWatched = true
    response.setTimeout(milliseconds, () => {
      if (request.complete && !response.headersSent) return
      cutOff(context)
    })
  }
}
