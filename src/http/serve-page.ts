import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { PosternError } from '../errors.ts'
import { methodNotAllowed, readMethods } from './create-listener.ts'
import { nonceOf } from './security-headers.ts'

const builtPage = join(import.meta.dirname, '../../ui/dist')

/** Where the page as it is built has the nonce of its answer. */
const noncePlace = 'nonce-of-this-answer'

/** Serves the built page; every address that is not a file of it gets the page itself, which routes. */
export async function servePage(server: FastifyInstance): Promise<void> {
  const file = join(builtPage, 'index.html')
  if (!existsSync(file)) {
    server.setNotFoundHandler(() => {
      throw new PosternError('not_found', 'The page has not been built. Run npm start, which builds it.')
    })
    return
  }
  const page = readFileSync(file, 'utf8')
  const sendPage = (reply: FastifyReply): FastifyReply =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(page.replace(noncePlace, nonceOf(reply.raw)))
  for (const url of ['/', '/index.html']) server.get(url, (_, reply) => sendPage(reply))
  await server.register(fastifyStatic, {
    root: builtPage,
    index: false,
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
    return sendPage(reply)
  })
}
