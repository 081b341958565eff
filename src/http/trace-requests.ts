import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { readTrace } from '../trace-id.ts'
import type { Span, Tracer } from '../tracing/span.ts'

/** Gives each request a span of its own, in which the work that it causes runs. */
export function traceRequests(server: FastifyInstance, tracer: Tracer): void {
  const byRoute = new Map(
    Object.values<Operation>(operations).map((one) => [`${one.method} /api/v1${one.path}`, one.id]),
  )
  const spans = new WeakMap<FastifyRequest, Span>()
  server.addHook('onRequest', (request, _reply, done) => {
    const operation = byRoute.get(`${request.method} ${request.routeOptions.url}`)
    // The ID of the request is the trace ID that its answer has.
    const trace = { ...readTrace(request.headers.traceparent), id: request.id }
    const span = tracer.startRequest(trace, operation ?? 'page')
    if (span === undefined) return done()
    spans.set(request, span)
    span.set({
      'http.request.method': request.method,
      'http.route': operation && request.routeOptions.url,
      'url.scheme': request.protocol,
      'network.protocol.version': request.raw.httpVersion,
      'postern.operation': operation,
    })
    tracer.run(span, done)
  })
  server.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request)
    span?.set({ 'http.response.status_code': reply.statusCode })
    span?.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined)
  })
}
