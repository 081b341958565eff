import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import { methodNotAllowed, readMethods } from './create-listener.ts'
import { getNonce } from './security-headers.ts'

const builtPage = join(import.meta.dirname, '../../ui/dist')

/** The placeholders in the built page. */
const noncePlace = 'nonce-of-this-answer'
const sessionPlace = 'session-of-this-request'

const ownFile = /(?:src|href)="\/([^"?#]+)"/g

/** Throws `config_invalid` if the page, or a file that it refers to, is missing. */
export function assertPageIsBuilt(folder = builtPage): void {
  const file = join(folder, 'index.html')
  const page = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  const named = [...(page ?? '').matchAll(ownFile)].map(([, path = '']) => path)
  const missing = page === undefined ? 'index.html' : named.find((path) => !existsSync(join(folder, path)))
  if (missing === undefined) return
  throw new PosternError(
    'config_invalid',
    `The page of the portal has not been built: ${join(folder, missing)} is missing. Run npm start, which builds it, or node scripts/build.mjs.`,
  )
}

/**
 * Serves the built page; every address that is not a file of it gets the page itself, which routes. The page is told
 * whether the request brought a session cookie, so that it asks for the session only where there may be one.
 */
export async function servePage(
  server: FastifyInstance,
  hasSession: (request: FastifyRequest) => boolean,
): Promise<void> {
  const page = readFileSync(join(builtPage, 'index.html'), 'utf8')
  const sendPage = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(
        page
          .replace(noncePlace, getNonce(reply.raw))
          .replace(sessionPlace, hasSession(request) ? 'sent' : 'none'),
      )
  for (const url of ['/', '/index.html']) server.get(url, sendPage)
  await server.register(fastifyStatic, {
    root: builtPage,
    index: false,
    preCompressed: true,
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
    return sendPage(request, reply)
  })
}
