import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { PosternError } from '../errors.ts'
import { methodNotAllowed, readMethods } from './create-listener.ts'

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
    dotfiles: 'deny',
    setHeaders: (reply, path) => {
      const lasting = path.startsWith(join(builtPage, 'assets/'))
      reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-store')
    },
  })
  server.setNotFoundHandler((request, reply) => {
    if (!readMethods.includes(request.method)) {
      reply.header('allow', readMethods.join(', '))
      throw methodNotAllowed(readMethods)
    }
    if (request.url.startsWith('/assets/')) throw new PosternError('not_found', 'There is nothing here.')
    return reply.sendFile('index.html')
  })
}
