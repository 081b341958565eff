import type { FastifyInstance } from 'fastify'

const closeMilliseconds = 2_000

/**
 * Lets a server that is told to close answer what it has begun for two seconds, and then cuts what is left:
 * browsers keep connections open on which they never ask anything, and Node waits a minute for these.
 */
export function closeInTime(server: FastifyInstance): void {
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), closeMilliseconds).unref()
  })
}
