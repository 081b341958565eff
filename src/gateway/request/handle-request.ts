import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AccessParts, decideAccess } from '../access/decide-access.ts'
import type { TokenParts } from '../access/token-parts.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { type GatewayEnvironment, hostsOf } from '../environment/gateway-environment.ts'
import { findEndpoint, whoamiPath } from '../environment/own-addresses.ts'
import { assertHead } from '../message/assert-head.ts'
import { assertHost } from '../message/assert-host.ts'
import { assertWebSocket } from '../message/assert-web-socket.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { Registry } from '../registry/registry.ts'
import type { Connection, Connections } from '../request-context/connections.ts'
import { createExchange, type Exchange } from '../request-context/exchange.ts'
import { type FindingsOf, findingsOf, nothingFound } from '../request-context/findings.ts'
import { assertMethod } from './allowed-methods.ts'
import { answerEndpoint, type EndpointParts } from './answer-endpoint.ts'
import { answerError } from './answer-error.ts'
import { answerOptions } from './answer-options.ts'
import { answerRegistration, isProof, type ProofParts } from './answer-registration.ts'
import { denyAccess, leaveUnread } from './deny-access.ts'
import { findPublicDocument, publicHeaders } from './find-public-document.ts'
import { type ForwardParts, forwardCall } from './forward-call.ts'
import { answerWhoami, type WhoamiParts } from './whoami.ts'

/** What every request of an environment goes through. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  upgradeHead?: Buffer,
) => void

/** What the steps of a request need, each as it says itself. */
export interface RequestParts extends AccessParts, EndpointParts, ForwardParts, ProofParts, WhoamiParts {
  registry: Registry
  tokens: TokenParts
  connections: Pick<Connections, 'hold'>
  clock: { now(): number }
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
export function createRequestHandler(parts: RequestParts, environment: GatewayEnvironment): RequestHandler {
  const hosts = hostsOf(environment)
  return (request, response, connection, upgradeHead) => {
    if (connection.isRefused) return leaveUnread({ request, response, connection })
    // Node ends a response without a length to HTTP/1.0 with the connection.
    if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) connection.endsAnswers = true
    const exchange = createExchange(request, response, connection, {
      environment,
      now: parts.clock.now(),
      hold: parts.connections.hold(connection, response),
      upgradeHead,
    })
    handle(parts, hosts, exchange).catch((error) => answerError(parts, exchange, nothingFound, error))
  }
}

async function handle(parts: RequestParts, hosts: ReadonlySet<string>, exchange: Exchange): Promise<void> {
  if (isProof(exchange)) {
    assertHead(exchange)
    assertHost(exchange, hosts)
    return answerRegistration(parts, exchange)
  }
  const body = findPublicDocument(parts, exchange)
  if (body !== undefined) {
    assertRequest(exchange, hosts)
    return sendJson(exchange, nothingFound, { status: 200, body, headers: publicHeaders })
  }
  const access = await decideAccess(parts, exchange)
  if (!access.ok) return denyAccess(parts, exchange, access)
  return serveClient(parts, hosts, exchange, access)
}

/** What HTTP asks of a request, whoever sends it. */
function assertRequest(exchange: Exchange, hosts: ReadonlySet<string>): void {
  assertHead(exchange)
  assertHost(exchange, hosts)
  assertMethod(exchange)
  if (exchange.upgradeHead !== undefined) assertWebSocket(exchange)
}

/** Serves a client that may go on. What is thrown is answered and recorded with what is known of the client by then. */
async function serveClient(
  parts: RequestParts,
  hosts: ReadonlySet<string>,
  exchange: Exchange,
  access: ClientAccess,
): Promise<void> {
  let found: FindingsOf<ClientAccess> = findingsOf(access)
  try {
    assertRequest(exchange, hosts)
    if (access.certificate !== undefined) {
      const rateLimit = parts.limiter.enter(exchange, access.organizationId, access.certificate.id)
      if (rateLimit !== undefined) found = { ...found, rateLimit }
    }
    if (answerOptions(parts, exchange, found)) return
    const endpoint = findEndpoint(exchange.path)
    if (endpoint !== undefined) await answerEndpoint(parts, exchange, found, endpoint)
    else if (exchange.path === whoamiPath) await answerWhoami(parts, exchange, found)
    else await forwardCall(parts, exchange, found)
  } catch (error) {
    answerError(parts, exchange, found, error)
  }
}
