import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '../contract/error-codes.ts'
import { randomHex } from '../random-octets.ts'
import type { Connection } from './connections.ts'
import type { Refusal } from './refusal.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'
import type { RegisteredPlan } from './registered-plan.ts'

/** A request and its answer, over HTTP/1.1 or HTTP/2, and what has been found out about them. */
export interface Exchange {
  request: IncomingMessage
  /** With HTTP/2 the compatible response of Node, which can do what is used here. */
  response: ServerResponse
  connection: Connection
  environment: string
  /** Milliseconds since 1970. */
  now: number
  traceId: string
  /** `x-fapi-interaction-id` of the call and of its answer, where the environment follows FAPI. */
  interactionId: string | undefined
  method: string
  /** Without the query. */
  path: string
  /** How its certificate stands, where its environment tells clients. */
  certificateStatus: string | undefined
  /** Set once the certificate has been let in. */
  certificate: RegisteredCertificate | undefined
  /** Why its certificate counts for nothing, where the caller may go on without one. */
  tolerated: Refusal | undefined
  /** What is required of the organization of a caller who may go on. */
  plan: RegisteredPlan | undefined
  /** What is counted for the readiness of the organization, where that is observed. */
  readiness: Readiness | undefined
  /** Whose caller it seems to be, where no certificate says it. */
  organizationId: string | null
  /** Whether that has been proven by a secret or an access token; else the client only named it. */
  proven: boolean
  /** Of known API credentials of that organization. */
  clientId: string | null
  credentialId: string | null
  /** What its organization may still send, where the environment limits it. */
  rateLimit: RateLimit | undefined
  /** What came after the head of a request to change the protocol; nothing for every other request. */
  upgradeHead: Buffer | undefined
  /** Once it is being read: nobody else can then. */
  body: Promise<Uint8Array> | undefined
  /** Ends the connection with the answer to this call; that of an edge is not ours to end. */
  endWithAnswer(): void
  /** Says that a gateway that stops need not wait for this call: it has no end of its own. */
  letGo(): void
}

/** The fields `RateLimit-Policy` and `RateLimit` of an answer (draft-ietf-httpapi-ratelimit-headers-10). */
export interface RateLimit {
  policy: string
  left: string
}

/** What would become of a call that passes, if a certificate were required of its organization. */
export interface Readiness {
  organizationId: string
  /** Since when it is observed, milliseconds since 1970. */
  since: number
  /** Why it would be refused; null where it would pass all the same. */
  code: ErrorCode | null
  explanation: string | null
}

/** The exchange that starts with `request`. */
export function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  { environment, now }: { environment: string; now: number },
): Exchange {
  const url = request.url ?? '/'
  const query = url.indexOf('?')
  return {
    request,
    response,
    connection,
    environment,
    now,
    traceId: readTraceId(request.headers.traceparent) ?? randomHex(16),
    interactionId: undefined,
    method: request.method ?? 'GET',
    path: query < 0 ? url : url.slice(0, query),
    certificateStatus: undefined,
    certificate: undefined,
    tolerated: undefined,
    plan: undefined,
    readiness: undefined,
    organizationId: null,
    proven: false,
    clientId: null,
    credentialId: null,
    rateLimit: undefined,
    upgradeHead: undefined,
    body: undefined,
    endWithAnswer: () => {},
    letGo: () => {},
  }
}

/** Whether the client has gone, or has broken its own request off: nothing that is written arrives. */
export function isGone(exchange: Exchange): boolean {
  if (!isHttp2(exchange)) return exchange.response.destroyed
  // The compatible response has no such property of its own, and the request none of a stream that was closed.
  const { stream } = exchange.request as { stream?: { destroyed: boolean; closed: boolean } }
  return stream === undefined || stream.destroyed || stream.closed
}

export const isHttp2 = ({ request }: Exchange): boolean => request.httpVersionMajor === 2

/** Tells a client of HTTP/1.1 that this is the last answer on the connection, where it is. */
const closingHeader = (exchange: Exchange): { connection?: 'close' } =>
  exchange.connection.closing && !isHttp2(exchange) ? { connection: 'close' } : {}

/** W3C Trace Context, 3.2: the caller's own trace goes on. */
function readTraceId(traceparent: string | string[] | undefined): string | undefined {
  const [, traceId] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(traceparent)) ?? []
  return traceId === '0'.repeat(32) ? undefined : traceId
}

/** What the gateway says in every answer of an exchange, the refusals and those of the upstream. */
export function ownHeaders(exchange: Exchange): Record<string, string> {
  const { traceId, interactionId, certificateStatus, rateLimit } = exchange
  return {
    'postern-trace-id': traceId,
    ...(interactionId && { 'x-fapi-interaction-id': interactionId }),
    ...(certificateStatus && { 'postern-certificate-status': certificateStatus }),
    ...(rateLimit && { 'ratelimit-policy': rateLimit.policy, ratelimit: rateLimit.left }),
    ...closingHeader(exchange),
  }
}

/** The fields that the endpoints read, each of which may come once. */
export const endpointFields = ['authorization', 'x-api-key', 'content-type'] as const

/** The headers that the endpoints read. */
export function endpointHeadersOf({ request }: Pick<Exchange, 'request'>) {
  const { authorization, 'x-api-key': apiKey, 'content-type': contentType } = request.headers
  return {
    authorization,
    'x-api-key': Array.isArray(apiKey) ? apiKey.join(', ') : apiKey,
    'content-type': contentType,
  }
}
