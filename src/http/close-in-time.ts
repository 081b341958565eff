import type { FastifyInstance } from 'fastify'
import type { ConnectionGuard } from './guard-connections.ts'

const closeMs = 2_000

/**
 * Makes a closing server finish the answers in progress within two seconds, the last answer of each
 * connection with `Connection: close` (RFC 9112, section 9.6), and then close the remaining connections.
 * Connections without a request are closed immediately.
 */
export function closeInTime(server: FastifyInstance, guard: Pick<ConnectionGuard, 'endIdle'>): void {
  let isClosing = false
  server.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
  server.addHook('preClose', async () => {
    isClosing = true
    guard.endIdle()
    setTimeout(() => server.server.closeAllConnections(), closeMs).unref()
  })
}
