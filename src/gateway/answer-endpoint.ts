import { PosternError } from '../errors.ts'
import { callerOf } from './caller.ts'
import { type Exchange, endpointFields, endpointHeadersOf } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { isRepeated } from './is-repeated.ts'
import { noteReadiness } from './note-readiness.ts'
import { observeExchange } from './observe.ts'
import { sendJson } from './problem-reply.ts'
import { readBody } from './read-body.ts'
import type { TokenParts } from './token-parts.ts'
import { endOf } from './validity.ts'

/** An OAuth endpoint, and the client id where it stands in the path. */
export interface Endpoint {
  name: keyof TokenParts['endpoints']
  pathClientId?: string | undefined
}

const fixed = new Map<string, Endpoint>([
  ['/token', { name: 'token' }],
  ['/introspect', { name: 'introspect' }],
  ['/revoke', { name: 'revoke' }],
])

/** The endpoint at `path`: `/token`, `/token/{clientId}`, `/auth/token/{clientId}`, `/introspect` or `/revoke`. */
export function findEndpoint(path: string): Endpoint | undefined {
  const [, pathClientId] = /^(?:\/auth)?\/token\/([\w.~-]{1,200})$/.exec(path) ?? []
  return pathClientId === undefined ? fixed.get(path) : { name: 'token', pathClientId }
}

/** Answers a request to an OAuth endpoint, from a caller who has been let in. */
export async function answerEndpoint(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  { name, pathClientId }: Endpoint,
): Promise<void> {
  for (const field of endpointFields)
    if (isRepeated(exchange.request.rawHeaders, field))
      throw new PosternError('bad_request', `The header ${field} comes more than once. Send it once.`)
  const { connection, certificate, now } = exchange
  const answer = await parts.tokens.endpoints[name]({
    issuer: {
      environment: environment.name,
      url: environment.gatewayUrl,
      profile: environment.profile,
      tokenSeconds: environment.tokenSeconds,
      scopes: environment.scopes.map((scope) => scope.name),
    },
    caller: callerOf(exchange),
    certificateEndsAt:
      certificate === undefined ? null : endOf(certificate, parts.registry.findIssuer(certificate.issuerId)),
    clientAddress: connection.clientAddress,
    now,
    headers: endpointHeadersOf(exchange),
    pathClientId,
    body: await readBody(exchange),
  })
  exchange.clientId = findOwnClientId(parts, exchange, answer.clientId)
  exchange.credentialId = answer.credentialId
  exchange.proven = answer.credentialId !== null
  if (answer.code === null) noteReadiness(environment, exchange)
  // Who has neither a certificate nor the secret has to come anew, and counts as a stranger for it.
  else if (exchange.tolerated !== undefined) exchange.endWithAnswer()
  const { code, explanation: detail } = answer
  const body = code === null ? answer.body : { ...answer.body, code, detail, traceId: exchange.traceId }
  sendJson(exchange, answer.status, body, answer.headers)
  parts.record(observeExchange(exchange, 'token', answer))
}

/**
 * The client id that a request names, where the organization of the caller has such credentials. Anything else may be
 * a secret that was put in its place, so that it is recorded nowhere.
 */
function findOwnClientId(
  { registry }: Pick<GatewayParts, 'registry'>,
  { certificate, organizationId }: Exchange,
  named: string | null,
): string | null {
  const client = named === null ? undefined : registry.findClient(named)
  const isOwn = client?.organizationId === (certificate?.organizationId ?? organizationId)
  return client !== undefined && isOwn ? client.clientId : null
}
