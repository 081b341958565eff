import rateLimit from '@fastify/rate-limit'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { getClientSource } from '../client-source.ts'
import { comesThroughUntrustedProxy, getClientAddress } from './client-address.ts'
import { toLimitHeaders } from './limit-principals.ts'

/** What the rate limiter says in headers of its own. */
const ownHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const

interface Dependencies {
  /**
   * Returns a name of the session whose cookie, or of the API key that is in these headers; undefined if they contain
   * none that is known.
   */
  identifySession(headers: Headers): string | undefined
  portalUrl: string
  /** How many requests a session, a key or an address may make in a minute. */
  perMinute: number
  log: Pick<FastifyBaseLogger, 'warn'>
}

/**
 * Limits the requests before it is known who makes them: per session cookie or known API key, and per address for requests without
 * one. An address that many clients share is not limited, since one client would lock out all others. Signed-in
 * requests are then counted by account. The first request through an untrusted proxy is logged with the setting that
 * trusts it.
 */
export async function limitRequests(server: FastifyInstance, dependencies: Dependencies): Promise<void> {
  const findSession = ({ headers }: FastifyRequest): string | undefined =>
    headers.cookie === undefined && headers.authorization === undefined
      ? undefined
      : dependencies.identifySession(
          new Headers({
            ...(headers.cookie === undefined ? {} : { cookie: headers.cookie }),
            ...(headers.authorization === undefined ? {} : { authorization: headers.authorization }),
          }),
        )
  let isTold = false
  server.addHook('onRequest', async (request) => {
    if (isTold || !comesThroughUntrustedProxy(request)) return
    isTold = true
    dependencies.log.warn({ peer: request.ip }, describeUntrustedProxy(request.ip))
  })
  await server.register(rateLimit, {
    max: dependencies.perMinute,
    timeWindow: '1 minute',
    keyGenerator: (request) => {
      const session = findSession(request)
      return session === undefined ? `address ${getClientSource(request.ip)}` : `session ${session}`
    },
    allowList: (request, key) =>
      String(key).startsWith('address ') && !getClientAddress(request, dependencies.portalUrl).isOwn,
  })
  server.addHook('onSend', async (request, reply) => {
    const [, remaining, reset] = ownHeaders.map((name) => reply.getHeader(name))
    for (const name of ownHeaders) reply.removeHeader(name)
    if (remaining === undefined || reply.hasHeader('ratelimit') || !request.url.startsWith('/api/')) return
    const policy = findSession(request) === undefined ? 'address' : 'session'
    reply.headers(
      toLimitHeaders({ policy, perMinute: dependencies.perMinute }, Number(remaining), Number(reset)),
    )
  })
}

const describeUntrustedProxy = (peer: string): string =>
  `A request came through a proxy at ${peer}, which portal.trustedProxies does not name: Postern cannot know the addresses of its clients. Set portal.trustedProxies if this is your proxy; then the audit log has the addresses of people, and limits count for each address.`

/** The log line at the start of a portal without a trusted proxy. */
export const noTrustedProxies =
  'portal.trustedProxies is empty while portal.url is https: Postern cannot know the addresses of its clients. The audit log shows the address of the proxy, and limits cannot count by address. Set portal.trustedProxies to the addresses of your proxy.'
