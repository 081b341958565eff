import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Span, Tracer } from '../../tracing/span.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** How the requests of an environment are traced. */
export interface RequestTracing {
  tracer: Pick<Tracer, 'startRequest'>
  environment: string
  /** Returns the path of a request as it may be recorded, see `createPathRecorder`. */
  recordPath(path: string, method: string): string | null
}

/** The methods that spans name: another one is text of the client. */
const methods: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'],
])

/** Returns the method as spans have it (OpenTelemetry, semantic conventions for HTTP). */
export const toSpanMethod = (method: string): string => (methods.has(method) ? method : '_OTHER')

/** Returns what begins the span of a request, with the names of OpenTelemetry. */
export const createSpanStart =
  ({ tracer, environment }: RequestTracing, { httpVersion }: Pick<IncomingMessage, 'httpVersion'>) =>
  (trace: RequestContext['trace'], method: string): Span | undefined => {
    const name = toSpanMethod(method)
    const span = tracer.startRequest(trace, name === '_OTHER' ? 'HTTP' : name)
    span?.set({
      'http.request.method': name,
      'url.scheme': 'https',
      'network.protocol.version': httpVersion,
      'postern.environment': environment,
    })
    return span
  }

/** Ends the span of a request with its answer. */
export function endWithAnswer(
  { recordPath }: RequestTracing,
  { span, path, method }: Pick<RequestContext, 'span' | 'path' | 'method'>,
  response: ServerResponse,
): void {
  if (span === undefined) return
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : undefined
    span.set({ 'http.route': recordPath(path, method), 'http.response.status_code': status })
    if (status === undefined) span.end('no_answer')
    else span.end(status >= 500 ? String(status) : undefined)
  })
}
