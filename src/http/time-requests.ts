import type { FastifyInstance } from 'fastify'
import { isLive, type Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import type { NamedRoute } from './serve-scim.ts'

/** What is told how requests end. */
export interface RequestTimes {
  /**
   * A request has ended. `operation` is the ID of an operation, the name of a call of SCIM, or `page` for everything else; `seconds` is
   * undefined for a live stream, which its client ends.
   */
  answered(operation: string, status: number, seconds: number | undefined): void
}

/** Tells of each request when its answer has been sent. */
export function timeRequests(server: FastifyInstance, times: RequestTimes): void {
  const byRoute = new Map(
    Object.values<Operation>(operations).map((one) => [`${one.method} /api/v1${one.path}`, one]),
  )
  server.addHook('onResponse', async (request, reply) => {
    const operation = byRoute.get(`${request.method} ${request.routeOptions.url}`)
    const isStream = operation !== undefined && isLive(operation.reply)
    const { name = 'page' } = (request.routeOptions.config ?? {}) as NamedRoute
    times.answered(operation?.id ?? name, reply.statusCode, isStream ? undefined : reply.elapsedTime / 1000)
  })
}
