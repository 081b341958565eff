import type { ClientRequest, IncomingMessage } from 'node:http'
import type { UpstreamTimeouts } from './upstream.ts'

/**
 * Ends a request of Node's own client with `ETIMEDOUT` if its upstream exceeds a time limit: to connect, from
 * the last byte of the request to the complete head of the final response, and without data within that
 * response. Neither interim responses nor single bytes of a head extend it. `body` is what is sent, and
 * `connected` the event of an established connection.
 */
export function limitAnswerTime(
  sent: ClientRequest,
  { connect, answer, idle }: UpstreamTimeouts,
  { body, connected }: { body: IncomingMessage; connected: 'connect' | 'secureConnect' },
): void {
  const expire = (): void => {
    sent.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
  }
  let timer = setTimeout(expire, connect)
  const refresh = (): void => void timer.refresh()
  const expireUnlessClientIsLate = (): void => {
    // A client that does not continue has its own limits.
    if (body.complete || body.readableLength > 0) expire()
    else refresh()
  }
  sent.once('socket', (socket) =>
    socket.once(connected, () => {
      clearTimeout(timer)
      timer = setTimeout(expireUnlessClientIsLate, answer)
    }),
  )
  body.on('data', refresh)
  sent.once('finish', refresh)
  sent.once('close', () => clearTimeout(timer))
  sent.once('response', (response: IncomingMessage) => {
    clearTimeout(timer)
    body.off('data', refresh)
    sent.off('finish', refresh)
    const expireUnlessHeldBack = (): void => {
      if (response.isPaused()) sent.setTimeout(idle)
      else expire()
    }
    sent.setTimeout(idle, expireUnlessHeldBack)
  })
}
