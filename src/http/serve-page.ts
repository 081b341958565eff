import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'

const builtPage = join(import.meta.dirname, '../../ui/dist')

/** Serves the built page; every address that is not a file of it gets the page itself, which routes. */
export async function servePage(server: FastifyInstance): Promise<void> {
  if (!existsSync(join(builtPage, 'index.html'))) {
    server.setNotFoundHandler(() => {
      throw new PosternError('not_found', 'The page has not been built. Run npm start, which builds it.')
    })
    return
  }
  await server.register(fastifyStatic, {
    root: builtPage,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const lasting = path.includes('/assets/')
      reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  server.setNotFoundHandler((request, reply) => {
    if (request.method !== 'GET' || request.url.startsWith('/assets/')) {
      throw new PosternError('not_found', 'There is nothing here.')
    }
    return reply.sendFile('index.html')
  })
}
