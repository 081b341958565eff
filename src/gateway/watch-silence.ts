import type { Exchange } from './exchange.ts'

/**
 * Breaks a call off whose client has neither sent nor taken anything for `milliseconds`. A client that waits
 * for an answer is not silent: the upstream has a time of its own for that.
 */
export function watchSilence({ request, response }: Exchange, milliseconds: number): void {
  response.setTimeout(milliseconds, () => {
    if (request.complete && !response.headersSent) return
    response.destroy()
  })
}
