import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'

const perAddress = 60
const perPerson = 10
/** RFC 5321, 4.5.3.1: no address is longer. What a stranger sends is kept for a minute. */
const longestAddress = 254

/**
 * Slows down who guesses passwords: so many attempts a minute from one address, and fewer for one e-mail
 * from that address. Others who sign in as the same person from elsewhere are not held up. The hook
 * throws `too_many_requests`.
 */
export function limitAttempts(
  server: FastifyInstance,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const timeWindow = '1 minute'
  const personOf = (request: FastifyRequest): string => {
    const { email } = (request.body ?? {}) as { email?: unknown }
    return `${request.ip} ${String(email ?? '')
      .slice(0, longestAddress)
      .toLowerCase()}`
  }
  const limits = [
    server.createRateLimit({ max: perAddress, timeWindow }),
    server.createRateLimit({ max: perPerson, timeWindow, keyGenerator: personOf }),
  ]
  return async (request, reply) => {
    for (const limit of limits) {
      const result = await limit(request)
      if (result.isAllowed || !result.isExceeded) continue
      reply.header('retry-after', result.ttlInSeconds)
      throw new PosternError('too_many_requests', 'Too many attempts. Wait a minute and try again.')
    }
  }
}
