import rateLimit from '@fastify/rate-limit'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { sourceOf } from '../client-source.ts'
import { clientAddressOf, comesThroughUntrustedProxy } from './client-address.ts'

const requestsPerMinute = 1200

interface Parts {
  /** A name of the session whose cookie is in these headers; nothing where none of ours is. */
  identifySession(headers: Headers): string | undefined
  portalUrl: string
  log: Pick<FastifyBaseLogger, 'warn'>
}

/**
 * Limits the requests of each session, and of each address where no session is named. An address that many clients
 * share is not limited: one of them would lock out all others. The first request through a proxy that is not
 * trusted is logged, with the setting that ends it.
 */
export async function limitRequests(server: FastifyInstance, parts: Parts): Promise<void> {
  const findSession = ({ headers }: FastifyRequest): string | undefined =>
    headers.cookie === undefined ? undefined : parts.identifySession(new Headers({ cookie: headers.cookie }))
  let isTold = false
  server.addHook('onRequest', async (request) => {
    if (isTold || !comesThroughUntrustedProxy(request)) return
    isTold = true
    parts.log.warn({ peer: request.ip }, describeUntrustedProxy(request.ip))
  })
  await server.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: '1 minute',
    keyGenerator: (request) => {
      const session = findSession(request)
      return session === undefined ? `address ${sourceOf(request.ip)}` : `session ${session}`
    },
    allowList: (request, key) =>
      String(key).startsWith('address ') && !clientAddressOf(request, parts.portalUrl).isOwn,
  })
}

const describeUntrustedProxy = (peer: string): string =>
  `A request came through a proxy at ${peer}, which portal.trustedProxies does not name: Postern cannot know the addresses of its clients. Set portal.trustedProxies if this is your proxy; then the audit log has the addresses of people, and limits count for each address.`

/** What the log of a portal says at its start when no proxy is trusted. */
export const noTrustedProxies =
  'portal.trustedProxies is empty while portal.url is https: Postern cannot know the addresses of its clients. The audit log shows the address of the proxy, and limits cannot count by address. Set portal.trustedProxies to the addresses of your proxy.'
