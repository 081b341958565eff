import { randomUUID } from 'node:crypto'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../contract/error-codes.ts'
import { PosternError } from '../errors.ts'
import { toldToClients } from '../storage/describe-trouble.ts'
import { findStoreTrouble } from '../storage/engine.ts'
import { InputError } from './check-input.ts'
import { toProblem } from './problem.ts'

/** What every problem carries, also where no route was found: it is text for a program, and nobody keeps it. */
const problemHeaders = {
  'content-type': 'application/problem+json; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
} as const

/** Under which id the log has what was answered. */
export const traceHeader = 'postern-trace-id'

/**
 * RFC 9110, 11.6.1: every 401 names a scheme. People sign in on the page and are known by a cookie; a scheme that
 * browsers know (Basic, Digest, Negotiate) would make them ask for a password in a window of their own.
 */
const challenge = 'Cookie realm="Postern"'

const lingerMilliseconds = 1000

/** Answers a request with the problem (RFC 9457) that `error` is, and logs it under the same trace id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, request.id, error instanceof InputError ? error.fields : undefined)
  const facts = {
    traceId: request.id,
    code: problem.code,
    path: request.routeOptions?.url,
    method: request.method,
  }
  if (isForOperators(problem)) request.log.error({ ...facts, err: error }, 'request failed')
  else request.log.info(facts, 'request refused')
  const wait = findWait(error, problem.code)
  if (wait !== undefined) reply.header('retry-after', wait)
  if (problem.status === 401) reply.header('www-authenticate', challenge)
  // As text: an error handler of the framework must not find anything to do.
  return reply
    .status(problem.status)
    .headers({ ...problemHeaders, [traceHeader]: request.id })
    .send(JSON.stringify(problem))
}

/**
 * Whether operators have to look at it. What a store says that cannot be used is told once, and not by each request; what
 * a client asks for and Postern does not implement (501) is the client's affair.
 */
const isForOperators = ({ status, code }: { status: number; code: ErrorCode }): boolean =>
  status >= 500 && status !== 501 && code !== 'storage_unavailable'

/** After how many seconds it is worth to ask again. */
function findWait(error: unknown, code: ErrorCode): number | undefined {
  if (error instanceof PosternError && error.retryAfterSeconds !== undefined) return error.retryAfterSeconds
  if (code !== 'storage_unavailable') return undefined
  return toldToClients(findStoreTrouble(error) ?? 'unreachable').retryAfterSeconds
}

/**
 * Answers bytes that are no request with a problem, where no answer is under way on the socket that the words
 * would fall into, and closes it. Gives the problem.
 */
export function answerBareSocket(socket: Socket, error: unknown) {
  const problem = toProblem(error, randomUUID())
  const body = JSON.stringify(problem)
  const head = Object.entries({
    ...problemHeaders,
    date: new Date().toUTCString(),
    [traceHeader]: problem.traceId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head.join('')}\r\n${body}`)
  // What still comes is read and forgotten for a moment: a reset would take the answer away from the client.
  socket.resume()
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref()
  return problem
}

/** Answers a request that reaches no route with a problem, and closes its connection. */
export function answerBareResponse(response: ServerResponse, error: unknown): void {
  const problem = toProblem(error, randomUUID())
  const body = JSON.stringify(problem)
  const length = { 'content-length': Buffer.byteLength(body), connection: 'close' }
  response
    .writeHead(problem.status, { ...problemHeaders, ...length, [traceHeader]: problem.traceId })
    .end(body)
}
