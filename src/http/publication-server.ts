import Fastify, { type FastifyInstance } from 'fastify'
import { closeInTime } from './close-in-time.ts'

/** Something published to everybody over plain HTTP: a CRL, an issuer's certificate. */
export interface Publication {
  path: string
  handler(request: {
    params: Record<string, string>
    headers: Record<string, string | string[] | undefined>
  }): Promise<{
    status: number
    headers: Record<string, string>
    body: Uint8Array | string
  }>
}

/** The public listener. It holds no session and takes no body. */
export function createPublicationServer(publications: Publication[]): FastifyInstance {
  const server = Fastify({
    bodyLimit: 1024,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 100 },
  })
  closeInTime(server)
  for (const { path, handler } of publications) {
    server.get(path, async (request, reply) => {
      const answer = await handler({
        params: request.params as Record<string, string>,
        headers: request.headers,
      })
      return reply
        .status(answer.status)
        .headers(answer.headers)
        .send(typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body))
    })
  }
  server.get('/healthz', async () => ({ status: 'ok' }))
  return server
}
