import type { IncomingMessage, ServerResponse } from 'node:http'
import { gatewayPaths } from '../../contract/gateway-paths.ts'
import { inSpan } from '../../tracing/span.ts'
import { type AccessDependencies, decideAccess } from '../access/decide-access.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { type GatewayEnvironment, getHosts } from '../environment/gateway-environment.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { assertHead } from '../message/assert-head.ts'
import { assertHost } from '../message/assert-host.ts'
import { assertWebSocket } from '../message/assert-web-socket.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { CallTimes } from '../observation/call-times.ts'
import { createSpanStart, endWithAnswer, type RequestTracing } from '../observation/trace-request.ts'
import type { Registry } from '../registry/registry.ts'
import type { Connection, Connections } from '../request-context/connections.ts'
import { type FindingsOf, getFindings, nothingFound } from '../request-context/findings.ts'
import { createRequestContext, type RequestContext } from '../request-context/request-context.ts'
import { assertMethod } from './allowed-methods.ts'
import { answerEndpoint, type EndpointDependencies } from './answer-endpoint.ts'
import { answerError } from './answer-error.ts'
import { answerOptions } from './answer-options.ts'
import { answerRegistration, isProof, type ProofDependencies } from './answer-registration.ts'
import { denyAccess, discardUnread } from './deny-access.ts'
import { findPublicDocument, publicHeaders } from './find-public-document.ts'
import { type ForwardDependencies, forwardCall } from './forward-call.ts'
import { answerWhoami, type WhoamiDependencies } from './whoami.ts'

/** Handles each request of an environment. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  upgradeHead?: Buffer,
) => void

/** The dependencies of all steps. */
export interface RequestParts
  extends AccessDependencies,
    EndpointDependencies,
    ForwardDependencies,
    ProofDependencies,
    WhoamiDependencies {
  registry: Registry
  tokens: TokenDependencies
  connections: Pick<Connections, 'hold'>
  clock: { now(): number }
  /** Undefined if nobody asks how long requests take. */
  times: CallTimes | undefined
  /** Undefined if no traces are recorded. */
  tracing: RequestTracing | undefined
}

/**
 * Takes the requests of an environment:
 *
 * | step                                                     | what it follows                           |
 * | -------------------------------------------------------- | ----------------------------------------- |
 * | `decideAccess`: is the certificate of this connection accepted, or none needed? | RFC 8705, 3; RFC 8446, 4.4.2 |
 * | `assertHead`: fields, target and framing                 | RFC 9110, 5 and 10.1.1; RFC 9112, 3 and 6 |
 * | `assertHost`: the host of the request and of the handshake | RFC 9110, 7.4; RFC 6066, 3              |
 * | `assertMethod`: a method that the address takes          | RFC 9110, 9.1 and 15.5.6                  |
 * | `assertWebSocket`: a change of the protocol              | RFC 9110, 7.8; RFC 6455, 4.2              |
 * | `limiter.enter`: what the organization may send          | RFC 6585, 4                               |
 * | `answerOptions`: `OPTIONS` that goes no further          | RFC 9110, 7.6.2 and 9.3.7                 |
 * | `answerEndpoint`: tokens                                 | RFC 6749, 3.2; RFC 7662; RFC 7009         |
 * | `forwardCall`: `requireToken`, then `assertAllowed`      | RFC 6750, 2.1 and 3.1; RFC 8705, 3        |
 *
 * Public documents and proofs of keys need no accepted certificate. The registry is asked for each request, also on
 * connections whose certificate was accepted before.
 */
export function createRequestHandler(
  dependencies: RequestParts,
  environment: GatewayEnvironment,
): RequestHandler {
  const hosts = getHosts(environment)
  return (request, response, connection, upgradeHead) => {
    if (connection.isDenied) return discardUnread({ request, response, connection })
    // Node ends a response without a length to HTTP/1.0 with the connection.
    if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) connection.endsAnswers = true
    const { times, tracing } = dependencies
    // A WebSocket has no answer that ends.
    if (times !== undefined && upgradeHead === undefined) timeAnswer(times, environment.name, response)
    const context = createRequestContext(request, response, connection, {
      environment,
      now: dependencies.clock.now(),
      hold: dependencies.connections.hold(connection, response),
      upgradeHead,
      startSpan: tracing && createSpanStart(tracing, request),
    })
    if (tracing !== undefined) endWithAnswer(tracing, context, response)
    handle(dependencies, hosts, context).catch((error) =>
      answerError(dependencies, context, nothingFound, error),
    )
  }
}

function timeAnswer(times: CallTimes, environment: string, response: ServerResponse): void {
  const begun = performance.now()
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : undefined
    times.answered(environment, status, (performance.now() - begun) / 1000)
  })
}

async function handle(
  dependencies: RequestParts,
  hosts: ReadonlySet<string>,
  context: RequestContext,
): Promise<void> {
  if (isProof(context)) {
    assertHead(context)
    assertHost(context, hosts)
    return answerRegistration(dependencies, context)
  }
  const body = findPublicDocument(dependencies, context)
  if (body !== undefined) {
    assertRequest(context, hosts)
    return sendJson(context, nothingFound, { status: 200, body, headers: publicHeaders })
  }
  const access = await inSpan(context.span, 'postern.access.decide', () =>
    decideAccess(dependencies, context),
  )
  if (!access.ok) return denyAccess(dependencies, context, access)
  return serveClient(dependencies, hosts, context, access)
}

/** Checks what HTTP requires of every request. */
function assertRequest(context: RequestContext, hosts: ReadonlySet<string>): void {
  assertHead(context)
  assertHost(context, hosts)
  assertMethod(context)
  if (context.upgradeHead !== undefined) assertWebSocket(context)
}

/** Serves an accepted client. An error is answered and recorded with what is known about the client by then. */
async function serveClient(
  dependencies: RequestParts,
  hosts: ReadonlySet<string>,
  context: RequestContext,
  access: ClientAccess,
): Promise<void> {
  let found: FindingsOf<ClientAccess> = getFindings(access)
  try {
    assertRequest(context, hosts)
    if (access.certificate !== undefined) {
      const rateLimit = dependencies.limiter.enter(context, access.organizationId, access.certificate.id)
      if (rateLimit !== undefined) found = { ...found, rateLimit }
    }
    if (answerOptions(dependencies, context, found)) return
    const endpoint = findEndpoint(context.path)
    if (endpoint !== undefined) await answerEndpoint(dependencies, context, found, endpoint)
    else if (context.path === gatewayPaths.whoami) await answerWhoami(dependencies, context, found)
    else await forwardCall(dependencies, context, found)
  } catch (error) {
    answerError(dependencies, context, found, error)
  }
}
