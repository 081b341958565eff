import type { FastifyInstance } from 'fastify'
import type { ConnectionGuard } from './guard-connections.ts'

const closeMilliseconds = 2_000

/**
 * Lets a server that is told to close answer what it has begun for two seconds, the last answer of each connection
 * with `Connection: close` (RFC 9112, 9.6), and then cuts what is left. Connections without a request end at once.
 */
export function closeInTime(server: FastifyInstance, guard: Pick<ConnectionGuard, 'endIdle'>): void {
  let isClosing = false
  server.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close')
  })
  server.addHook('preClose', async () => {
    isClosing = true
    guard.endIdle()
    setTimeout(() => server.server.closeAllConnections(), closeMilliseconds).unref()
  })
}
