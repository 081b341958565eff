import type { ClientRequest, IncomingMessage } from 'node:http'
import type { UpstreamTimeouts } from './upstream.ts'

/**
 * Ends a request that Node's own client sends with `ETIMEDOUT` when it takes longer than its upstream may: until the
 * connection stands, from the last byte of the request to the whole head of the final answer, and in silence in the
 * middle of that answer. Neither interim answers nor single bytes of a head make it wait anew. `body` is what is sent,
 * and `connected` the event that says that the connection stands.
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
    // A client that does not go on has limits of its own.
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
