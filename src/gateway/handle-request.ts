import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ActivityKind } from '../contract/activity.ts'
import { PosternError } from '../errors.ts'
import { answerEndpoint, findEndpoint } from './answer-endpoint.ts'
import { createExchange, type Exchange } from './exchange.ts'
import { explainRefusal } from './explain-refusal.ts'
import { forwardCall } from './forward-call.ts'
import { type GatewayEnvironment, hostNameOf, hostsOf } from './gateway-environment.ts'
import type { ListenerParts } from './gateway-parts.ts'
import { observeExchange } from './observe.ts'
import { sendCertificateRefusal, sendJson, sendProblem } from './problem-reply.ts'
import { decideVerdict, type Refusal, type Verdict } from './verdict.ts'
import { answerWhoami } from './whoami.ts'

const publicHeaders = { 'cache-control': 'public, max-age=300' }

/** What every request of a listener goes through. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The way of a request: host, certificate, then one of the gateway's own endpoints or the upstream.
 * The registry is asked anew each time, also on connections that have been let in before.
 */
export function createRequestHandler(parts: ListenerParts, environment: GatewayEnvironment): RequestHandler {
  const hosts = hostsOf(environment)
  return (request, response) => {
    const connection = parts.connections.find(request.socket)
    if (connection === undefined) {
      response.destroy()
      return
    }
    const { name } = environment
    const exchange = createExchange(request, response, connection, {
      environment: name,
      now: parts.clock.now(),
    })
    parts.connections.enter(connection)
    response.once('close', () => parts.connections.leave(connection))
    handle(parts, environment, hosts, exchange).catch((error) => answerError(parts, exchange, error))
  }
}

async function handle(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  hosts: ReadonlySet<string>,
  exchange: Exchange,
): Promise<void> {
  const publicDocument = findPublicDocument(parts, environment, exchange)
  if (publicDocument === undefined) {
    const verdict = await judge(parts, environment, exchange)
    if (!verdict.ok) return refuseCertificate(parts, environment, exchange, verdict)
    exchange.certificate = verdict.certificate
  }
  assertRightHost(exchange, hosts)
  if (publicDocument !== undefined) return sendJson(exchange, 200, publicDocument, publicHeaders)
  const endpoint = findEndpoint(exchange.path)
  if (endpoint !== undefined) return answerEndpoint(parts, environment, exchange, endpoint)
  if (exchange.path === '/whoami') return answerWhoami(parts, environment, exchange)
  return forwardCall(parts, environment, exchange)
}

async function judge(
  { registry, catchUp }: ListenerParts,
  environment: GatewayEnvironment,
  { connection, now }: Exchange,
): Promise<Verdict> {
  const ask = () => decideVerdict(connection.presented, environment.name, registry, now)
  const verdict = ask()
  if (verdict.ok || verdict.code !== 'certificate_not_registered') return verdict
  // Our own authority has signed it, perhaps a moment ago.
  await catchUp()
  return ask()
}

/** The name in the request is one of ours, and the same that the handshake was for (RFC 9110, 7.4). */
function assertRightHost({ request, connection }: Exchange, hosts: ReadonlySet<string>): void {
  const given = request.headers[':authority'] ?? request.headers.host
  const host = hostNameOf(String(given ?? ''))
  if (hosts.has(host) && (connection.serverName === null || connection.serverName.toLowerCase() === host))
    return
  throw new PosternError(
    'wrong_host',
    'This gateway does not answer under the host name of the request. Call it by the address that the portal shows, without an own Host header.',
  )
}

/** What resource servers read, who need no certificate of ours. */
function findPublicDocument(
  { tokens }: ListenerParts,
  { gatewayUrl, scopes, name }: GatewayEnvironment,
  { method, path, now }: Exchange,
): object | undefined {
  if (method !== 'GET') return undefined
  if (path === '/jwks.json') return tokens.jwks(name, now)
  if (path !== '/.well-known/oauth-authorization-server') return undefined
  const names = scopes.map((scope) => scope.name)
  return tokens.metadata(gatewayUrl, names)
}

function refuseCertificate(
  parts: ListenerParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  refusal: Refusal,
): void {
  const { code, owner } = refusal
  const explanation = explainRefusal(refusal, exchange.connection.presented, environment.name)
  const isDropped = environment.refusals === 'drop'
  if (isDropped) exchange.connection.socket.destroy()
  else sendCertificateRefusal(exchange, code, explanation)
  const status = isDropped ? null : exchange.response.statusCode
  const outcome = { status, code, explanation }
  parts.record(observeExchange(exchange, parts.newId(exchange.now), kindOf(exchange), outcome, owner))
}

const kindOf = ({ path }: Exchange): ActivityKind => (findEndpoint(path) === undefined ? 'call' : 'token')

/** Everything that was thrown on the way: our own refusals in words, anything else as an opaque 500. */
function answerError(parts: ListenerParts, exchange: Exchange, error: unknown): void {
  const known = error instanceof PosternError
  const code = known ? error.code : 'internal_error'
  const explanation = known
    ? error.message
    : `The gateway failed to answer. Tell the operator the trace id ${exchange.traceId}.`
  const challenge = known ? challengeOf(error) : undefined
  if (exchange.response.headersSent) exchange.response.destroy()
  else
    sendProblem(exchange, code, explanation, challenge === undefined ? {} : { 'www-authenticate': challenge })
  const outcome = { status: exchange.response.statusCode, code, explanation }
  parts.record(observeExchange(exchange, parts.newId(exchange.now), kindOf(exchange), outcome))
}

/** RFC 6750, 3: without a token no error is named. */
function challengeOf({ code, message, detail }: PosternError): string | undefined {
  if (code === 'token_missing') return 'Bearer realm="postern"'
  const description = message.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
  if (code === 'token_scope_missing')
    return `Bearer realm="postern", error="insufficient_scope", error_description="${description}", scope="${detail ?? ''}"`
  return code.startsWith('token_')
    ? `Bearer realm="postern", error="invalid_token", error_description="${description}"`
    : undefined
}
