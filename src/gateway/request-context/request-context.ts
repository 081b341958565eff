import type { IncomingMessage, ServerResponse } from 'node:http'
import { notSampled, readTrace, type Trace } from '../../trace-id.ts'
import type { Span } from '../../tracing/span.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Connection, RequestHold } from './connections.ts'
import { interactionField, toInteractionId } from './interaction-id.ts'

/** A request and its answer, over HTTP/1.1 or HTTP/2, as they are when the request begins. Nothing in it changes. */
export interface RequestContext {
  readonly request: IncomingMessage
  /** For HTTP/2 Node's compatibility response, which supports what is used here. */
  readonly response: ServerResponse
  readonly connection: Connection
  readonly environment: GatewayEnvironment
  /** Milliseconds since 1970. */
  readonly now: number
  readonly traceId: string
  /** Its ID is {@link traceId}. */
  readonly trace: Trace
  /** Undefined if its trace is not recorded here. */
  readonly span: Span | undefined
  /** `x-fapi-interaction-id` of the request and its response, if the environment follows FAPI. */
  readonly interactionId: string | undefined
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** What followed the head of a protocol upgrade request; undefined for every other request. */
  readonly upgradeHead: Buffer | undefined
  readonly hold: RequestHold
}

/** Of a request that no gateway waits for. */
const noHold: RequestHold = { release() {} }

/** What a request is read with. */
export interface ExchangeContext {
  environment: GatewayEnvironment
  now: number
  hold?: RequestHold
  upgradeHead?: Buffer | undefined
  /** Begins the span of the request, where traces are recorded. */
  startSpan?: ((trace: Trace, method: string) => Span | undefined) | undefined
  /** The method and the target of the call, where they are not those of the request itself. */
  call?: { method: string; url: string }
}

/** Creates the context of `request`. */
export function createRequestContext(
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  { environment, now, hold = noHold, upgradeHead, startSpan, call }: ExchangeContext,
): RequestContext {
  const { method = 'GET', url = '/' } = call ?? request
  const query = url.indexOf('?')
  const { traceparent, [interactionField]: interaction } = request.headers
  const read = readTrace(traceparent)
  const span = startSpan?.(read, method)
  // What is not recorded here is not to be recorded further on, as its parent.
  const trace = startSpan === undefined || span !== undefined ? read : notSampled(read)
  return {
    request,
    response,
    connection,
    environment,
    now,
    traceId: trace.id,
    trace,
    span,
    // A reverse proxy has the interaction with its client itself.
    interactionId:
      environment.profile === 'fapi2' && call === undefined ? toInteractionId(interaction) : undefined,
    method,
    path: query < 0 ? url : url.slice(0, query),
    upgradeHead,
    hold,
  }
}

/** Returns whether the client has disconnected or aborted its request, so that no response can arrive. */
export function isGone({ request, response }: Pick<RequestContext, 'request' | 'response'>): boolean {
  if (!isHttp2({ request })) return response.destroyed
  // The compatibility response has no such property, and the request none for a closed stream.
  const { stream } = request as { stream?: { destroyed: boolean; closed: boolean } }
  return stream === undefined || stream.destroyed || stream.closed
}

export const isHttp2 = ({ request }: Pick<RequestContext, 'request'>): boolean =>
  request.httpVersionMajor === 2
