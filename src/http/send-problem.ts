import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../contract/error-codes.ts'
import { PosternError } from '../errors.ts'
import { SecondFactorRequired } from '../shapes/second-factor-required.ts'
import { tellClients } from '../storage/describe-store-problem.ts'
import { findStoreProblem } from '../storage/engine.ts'
import { createTraceId, readTraceId } from '../trace-id.ts'
import { toProblem } from './problem.ts'

/**
 * The headers of every problem, even without a matching route: it is data for programs and must not be
 * cached.
 */
const problemHeaders = {
  'content-type': 'application/problem+json; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const

/** The header with the id under which the answer is logged. */
export const traceHeader = 'postern-trace-id'

/**
 * RFC 9110, section 11.6.1: every 401 names a scheme. Users sign in on the page and are identified by a
 * cookie; a scheme that browsers support (Basic, Digest, Negotiate) would open a password dialog.
 */
const challenge = 'Cookie realm="Postern"'
/** RFC 6750, section 3: of a request with an API key. */
const keyChallenge = 'Bearer realm="Postern", error="invalid_token"'

const lingerMs = 1000

/** What a route knows of its errors. */
export interface ErrorRoute {
  /** The codes that its operation declares. */
  declared?: ReadonlySet<ErrorCode>
}

const sentCodes = new WeakMap<FastifyRequest, ErrorCode>()

/** Returns the code of the problem that a request was answered with. */
export const findSentCode = (request: FastifyRequest): ErrorCode | undefined => sentCodes.get(request)

/** The line in the log for an answer that the document of the API does not have. */
export const undeclaredCode = 'the operation does not declare the code of this answer'

/**
 * Answers a request with the problem (RFC 9457) for `error`, and logs it under the same trace ID. `portalUrl` is the
 * address of the pages about codes.
 */
export function sendProblem(
  error: unknown,
  { request, reply, portalUrl }: { request: FastifyRequest; reply: FastifyReply; portalUrl: string },
): FastifyReply {
  const problem = toProblem(error, { traceId: request.id, portalUrl })
  sentCodes.set(request, problem.code)
  const details = {
    traceId: request.id,
    code: problem.code,
    path: request.routeOptions?.url,
    method: request.method,
  }
  if (isForOperators(problem)) request.log.error({ ...details, err: error }, 'request failed')
  else request.log.info(details, 'request rejected')
  const { declared } = (request.routeOptions?.config ?? {}) as ErrorRoute
  if (declared?.has(problem.code) === false) request.log.error(details, undeclaredCode)
  const wait = findWait(error, problem.code)
  if (wait !== undefined) reply.header('retry-after', wait)
  if (error instanceof SecondFactorRequired) reply.header('set-cookie', error.cookie)
  if (problem.status === 401)
    reply.header('www-authenticate', problem.code.startsWith('api_key_') ? keyChallenge : challenge)
  // Sent as text, so that an error handler of the framework has nothing to serialize.
  return reply
    .status(problem.status)
    .headers({ ...problemHeaders, [traceHeader]: request.id })
    .send(JSON.stringify(problem))
}

/**
 * Returns whether operators have to look at the error. An unavailable store is logged once and not per
 * request; a request for something that Postern does not implement (501) is the client's error.
 */
const isForOperators = ({ status, code }: { status: number; code: ErrorCode }): boolean =>
  status >= 500 && status !== 501 && code !== 'storage_unavailable'

/** Returns the number of seconds for Retry-After; undefined if a retry is pointless. */
function findWait(error: unknown, code: ErrorCode): number | undefined {
  if (error instanceof PosternError && error.retryAfterSeconds !== undefined) return error.retryAfterSeconds
  if (code !== 'storage_unavailable') return undefined
  return tellClients(findStoreProblem(error) ?? 'unreachable').retryAfterSeconds
}

/**
 * Answers bytes that are not HTTP with a problem, unless an answer is in progress on the socket, and closes
 * it. Returns the problem.
 */
export function answerBareSocket(socket: Socket, error: unknown, portalUrl: string) {
  const problem = toProblem(error, { traceId: createTraceId(), portalUrl })
  const body = JSON.stringify(problem)
  const head = Object.entries({
    ...problemHeaders,
    date: new Date().toUTCString(),
    [traceHeader]: problem.traceId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`)
  // Remaining input is read and dropped for a moment: a reset would discard the answer before the client
  // reads it.
  socket.resume()
  setTimeout(() => socket.destroy(), lingerMs).unref()
  return problem
}

/** Answers a request that reaches no route with a problem, and closes its connection. */
export function answerBareResponse(response: ServerResponse, error: unknown, portalUrl: string): void {
  const problem = toProblem(error, { traceId: readTraceId(response.req.headers.traceparent), portalUrl })
  const body = JSON.stringify(problem)
  const length = { 'content-length': Buffer.byteLength(body), connection: 'close' }
  response
    .writeHead(problem.status, { ...problemHeaders, ...length, [traceHeader]: problem.traceId })
    .end(body)
}
