import type { FastifyInstance, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'

const perAddress = 60
const perPerson = 10

/**
 * Slows down who guesses passwords: so many attempts a minute from one address, and fewer for one e-mail
 * from that address. Others who sign in as the same person from elsewhere are not held up.
 */
export function limitAttempts(server: FastifyInstance): preHandlerAsyncHookHandler[] {
  const timeWindow = '1 minute'
  const keyOf = (request: FastifyRequest): string => {
    const { email } = (request.body ?? {}) as { email?: unknown }
    return `${request.ip} ${String(email ?? '').toLowerCase()}`
  }
  return [
    server.rateLimit({ max: perAddress, timeWindow, groupId: 'address' }),
    server.rateLimit({ max: perPerson, timeWindow, groupId: 'person', keyGenerator: keyOf }),
  ]
}
