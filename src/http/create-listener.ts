import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RouteOptions,
} from 'fastify'
import { PosternError } from '../errors.ts'
import { readTraceId } from '../trace-id.ts'
import { assertFraming } from './assert-framing.ts'
import { assertTarget, type TargetRules, toOriginForm } from './assert-target.ts'
import { closeInTime } from './close-in-time.ts'
import { type ConnectionLimits, guardConnections } from './guard-connections.ts'
import { answerBareResponse, answerBareSocket, sendProblem, traceHeader } from './send-problem.ts'

/** Time and size limits of a listener for its clients. */
export interface ListenerLimits extends ConnectionLimits {
  /** From the first byte of a request to its last. */
  requestSeconds: number
  /** Between two requests on one connection. */
  idleSeconds: number
}

interface ListenerOptions extends TargetRules {
  log: FastifyBaseLogger
  limits: ListenerLimits
  /** The largest request body, bytes. */
  bodyLimit: number
  /** The longest part of a path that a route reads. */
  maxParamLength: number
  /** Returns whether the X-Forwarded-For of an address is trusted; false if that of none is. */
  trustProxy: ((address: string) => boolean) | false
  /** The address of the portal, which has a page about the code of each error. */
  portalUrl: string
}

/** Methods of a read-only address. */
export const readMethods = ['GET', 'HEAD']

const maxHeaderSeconds = 15
/**
 * An answer is aborted after this time without a byte in either direction; live streams send one every 15 s.
 */
const stalledMs = 120_000
const reportIntervalMs = 60_000

/**
 * Creates an HTTP listener with strict defaults: requests have to arrive in time, connections are limited, an
 * address has one spelling, and every error is a problem document (RFC 9457) that is not cached, even for
 * bytes that are not HTTP. Routes and {@link rejectOddTargets} are added by the caller.
 */
export function createListener(options: ListenerOptions): FastifyInstance {
  const { log, limits, portalUrl } = options
  const server: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustProxy,
    bodyLimit: options.bodyLimit,
    genReqId: ({ headers }) => readTraceId(headers.traceparent),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: options.maxParamLength },
    rewriteUrl: (request) => toOriginForm(request.url ?? '/'),
    connectionTimeout: stalledMs,
    http: {
      connectionsCheckingInterval: 1000,
      // Node's own answer to a request without Host is not a problem document.
      requireHostHeader: false,
    },
    frameworkErrors: (error, request, reply) => void sendProblem(error, { request, reply, portalUrl }),
    clientErrorHandler: (error, socket) => rejectBytes(error, socket as Socket),
  })
  setTimeLimits(server.server, limits)
  const guard = guardConnections(server.server, limits, reportSometimes(log))
  const rejectBytes = (error: Error, socket: Socket): void => {
    const isSilent = socket.bytesRead === 0 || (error as { code?: string }).code === 'ECONNRESET'
    if (isSilent || !socket.writable || guard.isAnswering(socket)) return void socket.destroy()
    const { code, traceId } = answerBareSocket(socket, error, portalUrl)
    log.info({ traceId, code, reason: (error as { code?: string }).code }, 'bytes rejected')
  }
  answerExpectations(server.server, portalUrl)
  // Node closes the connection of CONNECT if no listener answers.
  server.server.on('connect', (_, socket) => answerBareSocket(socket as Socket, methodUnknown(), portalUrl))
  server.addHook('onRequest', async (request, reply) => {
    reply.header(traceHeader, request.id)
  })
  server.setErrorHandler((error, request, reply) => sendProblem(error, { request, reply, portalUrl }))
  closeInTime(server, guard)
  return server
}

/** Sets how long the server waits for its clients; also while it runs. */
export function setTimeLimits(server: Server, { requestSeconds, idleSeconds }: ListenerLimits): void {
  server.requestTimeout = requestSeconds * 1000
  server.headersTimeout = Math.min(requestSeconds, maxHeaderSeconds) * 1000
  server.keepAliveTimeout = idleSeconds * 1000
}

/** Rejects an address with several spellings, and a request with no Host or several. */
export function rejectOddTargets(server: FastifyInstance, rules: TargetRules): void {
  server.addHook('onRequest', async (request, reply) => {
    // Cacheable answers set their own header.
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    // If the end of a request is ambiguous, everything after it on the connection is ambiguous too.
    if (request.headers['transfer-encoding'] !== undefined && request.raw.httpVersionMinor === 0)
      reply.header('connection', 'close')
    assertFraming(request.raw)
    if (!server.supportedMethods.includes(request.method)) throw methodUnknown()
    assertTarget(request.url, rules)
  })
}

/** Answers methods that an address does not support with the supported ones. */
export function rejectOtherMethods(
  server: FastifyInstance,
  addresses: ReadonlyMap<string, string[]>,
  helmet?: RouteOptions['helmet'],
): void {
  for (const [url, methods] of addresses) {
    const others = server.supportedMethods.filter((method) => !methods.includes(method))
    server.route({
      method: others,
      url,
      ...(helmet === undefined ? {} : { helmet }),
      // Before any body is read.
      onRequest: async (_, reply) => {
        reply.header('allow', methods.join(', '))
        throw methodNotAllowed(methods)
      },
      handler: () => {
        throw methodNotAllowed(methods)
      },
    })
  }
}

/** Returns the error for a method that an address does not support. */
export const methodNotAllowed = (methods: readonly string[]): PosternError =>
  new PosternError('method_not_allowed', `This address answers ${methods.join(', ')} alone. Use one of them.`)

/** Returns the error for a method that no address supports (RFC 9110, section 15.6.2). */
const methodUnknown = (): PosternError =>
  new PosternError('method_unknown', 'Postern does not know this method. Methods are case-sensitive.')

/** Ignores an expectation in HTTP/1.0, which is answered with no 1xx (RFC 9110, sections 10.1.1 and 15.2). */
function answerExpectations(server: Server, portalUrl: string): void {
  const isOld = ({ httpVersionMajor, httpVersionMinor }: IncomingMessage): boolean =>
    httpVersionMajor === 1 && httpVersionMinor === 0
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!isOld(request)) response.writeContinue()
    server.emit('request', request, response)
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (isOld(request)) return void server.emit('request', request, response)
    const sentence = 'Postern knows no expectation but 100-continue. Leave the header Expect out.'
    answerBareResponse(response, new PosternError('expectation_failed', sentence), portalUrl)
  })
}

/** Logs at most once per minute, however many connections are closed. */
function reportSometimes(log: FastifyBaseLogger): (address: string) => void {
  let toldAt = Number.NEGATIVE_INFINITY
  return (address) => {
    const now = performance.now()
    if (now - toldAt < reportIntervalMs) return
    toldAt = now
    log.warn(
      { address },
      'connections are at their limit: the one that waits the longest is closed for each new one',
    )
  }
}
