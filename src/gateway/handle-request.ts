import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { ActivityKind } from '../contract/activity.ts'
import { errorStatus } from '../contract/error-status.ts'
import { PosternError } from '../errors.ts'
import { admitCaller } from './admit-caller.ts'
import { assertMethod } from './allowed-methods.ts'
import { answerEndpoint, findEndpoint } from './answer-endpoint.ts'
import { answerOptions } from './answer-options.ts'
import { answerRegistration, isProof } from './answer-registration.ts'
import { assertHead } from './assert-head.ts'
import { assertWebSocket } from './assert-web-socket.ts'
import { endGently } from './close-connection.ts'
import type { Connection } from './connections.ts'
import { cutOff } from './cut-off.ts'
import { type DescribedRefusal, describeRefusal } from './describe-refusal.ts'
import { createExchange, type Exchange } from './exchange.ts'
import { type ExplainedError, explainError } from './explain-error.ts'
import { explainRefusal } from './explain-refusal.ts'
import { findPublicDocument, publicHeaders } from './find-public-document.ts'
import { forwardCall } from './forward-call.ts'
import { type GatewayEnvironment, hostNameOf, hostsOf } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import { interactionField, toInteractionId } from './interaction-id.ts'
import { observeExchange } from './observe.ts'
import { sendJson } from './problem-reply.ts'
import type { Refusal } from './refusal.ts'
import { answerWhoami } from './whoami.ts'

/** As many as HTTP/2 lets a client have under way. */
const mostUnread = 100

/** What every request of a listener goes through. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection,
  upgradeHead?: Buffer,
) => void

/**
 * The way of a request: host, certificate, then one of the gateway's own endpoints or the upstream.
 * The registry is asked anew each time, also on connections that have been let in before.
 */
export function createRequestHandler(parts: ListenerParts, environment: GatewayEnvironment): RequestHandler {
  const hosts = hostsOf(environment)
  return (request, response, connection, upgradeHead) => {
    if (connection.isRefused) return leaveUnread(request, response, connection)
    const { name } = environment
    // Node ends what it writes for HTTP/1.0 without a length with the connection.
    if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) connection.endsAnswers = true
    const exchange = createExchange(request, response, connection, {
      environment: name,
      now: parts.clock.now(),
    })
    if (environment.profile === 'fapi2')
      exchange.interactionId = toInteractionId(request.headers[interactionField])
    exchange.upgradeHead = upgradeHead
    exchange.endWithAnswer = () => {
      connection.closing = true
      response.once('close', () => endGently(connection))
    }
    countCall(parts, exchange)
    handle(parts, environment, hosts, exchange).catch((error) =>
      answerError(parts, environment, exchange, error),
    )
  }
}

/**
 * Spends nothing on what comes after the certificate of its connection has been refused: the answer that says why
 * is on its way, and the connection ends with it. A client that goes on all the same is cut off.
 */
function leaveUnread(request: IncomingMessage, response: ServerResponse, connection: Connection): void {
  connection.unread += 1
  if (connection.unread > mostUnread) return void connection.socket.destroy()
  const { stream } = response as unknown as { stream?: ServerHttp2Stream }
  if (stream === undefined) request.pause()
  else stream.close(constants.NGHTTP2_CANCEL)
}

/** A gateway that stops waits for the calls that are counted. */
function countCall({ connections }: ListenerParts, exchange: Exchange): void {
  const { connection, response } = exchange
  let counted = true
  connections.enter(connection)
  exchange.letGo = () => {
    if (counted) connections.leave(connection)
    counted = false
  }
  response.once('close', exchange.letGo)
}

async function handle(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  hosts: ReadonlySet<string>,
  exchange: Exchange,
): Promise<void> {
  if (isProof(environment, exchange)) {
    assertHead(exchange)
    assertRightHost(exchange, hosts)
    return answerRegistration(parts, environment, exchange)
  }
  const publicDocument = findPublicDocument(parts, environment, exchange)
  if (publicDocument === undefined) {
    const refusal = await admitCaller(parts, environment, exchange)
    if (refusal !== undefined) return refuseCertificate(parts, environment, exchange, refusal)
  }
  assertHead(exchange)
  assertRightHost(exchange, hosts)
  assertMethod(environment, exchange)
  if (exchange.upgradeHead !== undefined) assertWebSocket(exchange)
  if (publicDocument !== undefined) return sendJson(exchange, 200, publicDocument, publicHeaders)
  if (exchange.certificate !== undefined) parts.limiter.enter(exchange, exchange.certificate.organizationId)
  if (answerOptions(parts, environment, exchange)) return
  const endpoint = findEndpoint(exchange.path)
  if (endpoint !== undefined) return answerEndpoint(parts, environment, exchange, endpoint)
  if (exchange.path === '/whoami') return answerWhoami(parts, environment, exchange)
  return forwardCall(parts, environment, exchange)
}

/** The name in the request is one of ours, and the same that the handshake was for (RFC 9110, 7.4). */
function assertRightHost({ request, connection }: Exchange, hosts: ReadonlySet<string>): void {
  // A client of HTTP/1.0 need not say which host it calls, and has said so in the handshake.
  const unsaid = request.httpVersionMinor === 0 ? connection.serverName : undefined
  const { ':authority': authority, host = authority ?? unsaid } = request.headers
  const name = hostNameOf(String(authority ?? host ?? ''))
  const isNamedTwice = authority !== undefined && hostNameOf(String(host)) !== name
  const isHandshakes = connection.serverName === null || connection.serverName.toLowerCase() === name
  if (hosts.has(name) && isHandshakes && !isNamedTwice) return
  throw new PosternError(
    'wrong_host',
    connection.serverName === null
      ? 'The client named no server in its TLS handshake (SNI), and the environment that such clients meet does not answer under the host name of the request. Call the gateway by the address that the portal shows, with a client that sends SNI.'
      : 'This gateway does not answer under the host name of the request. Call it by the address that the portal shows, without an own Host header.',
  )
}

function refuseCertificate(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  refusal: Refusal,
): void {
  const { code, owner } = refusal
  const { presented } = exchange.connection
  if (presented?.mistake !== undefined) parts.report.failed(exchange, presented.mistake)
  // Streams of one connection may have waited for the same verdict.
  if (exchange.connection.isRefused) {
    leaveUnread(exchange.request, exchange.response, exchange.connection)
    return
  }
  exchange.connection.isRefused = true
  const explanation = explainRefusal(refusal, exchange.connection.presented, environment.name)
  const isDropped = environment.refusals === 'drop'
  if (isDropped) exchange.connection.socket.destroy()
  else {
    exchange.endWithAnswer()
    sendRefusal(parts, environment, exchange, { code, explanation, isAboutCertificate: true })
  }
  const status = isDropped ? null : exchange.response.statusCode
  const outcome = { status, code, explanation }
  parts.record(observeExchange(exchange, kindOf(exchange), outcome, owner))
}

const kindOf = ({ path }: Exchange): ActivityKind => (findEndpoint(path) === undefined ? 'call' : 'token')

function sendRefusal(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  refusal: DescribedRefusal,
): void {
  const { status, body, headers } = describeRefusal(parts, environment, exchange, refusal)
  sendJson(exchange, status, body, headers)
}

/** Answers with what was thrown on the way, and records it. */
function answerError(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  error: unknown,
): void {
  const { code, explanation, headers } = explainError(error, exchange)
  if (code === 'internal_error') parts.report.failed(exchange, error)
  try {
    if (exchange.response.headersSent) cutOff(exchange)
    else sendRefusal(parts, environment, exchange, { code, explanation, headers, isAboutCertificate: false })
    recordError(parts, exchange, { code, explanation })
  } catch (failure) {
    parts.report.failed(exchange, failure)
    exchange.response.destroy()
  }
}

function recordError(
  parts: ListenerParts,
  exchange: Exchange,
  { code, explanation }: Pick<ExplainedError, 'code' | 'explanation'>,
): void {
  // Of a client that has gone no answer was written, whatever Node has as its status.
  const { headersSent, statusCode } = exchange.response
  const outcome = { status: headersSent ? statusCode : errorStatus[code], code, explanation }
  parts.record(observeExchange(exchange, kindOf(exchange), outcome))
}
