import type { ClientAccess } from './access-decision.ts'
import { callerOf } from './caller.ts'
import { endWithAnswer } from './close-connection.ts'
import { assertEndpointHeaders, endpointHeadersOf } from './endpoint-headers.ts'
import type { Exchange } from './exchange.ts'
import { findReadiness } from './find-readiness.ts'
import type { FindingsOf } from './findings.ts'
import type { Observation } from './observation.ts'
import { observeExchange } from './observe.ts'
import type { Endpoint } from './own-addresses.ts'
import { sendJson } from './problem-reply.ts'
import { readBody } from './read-body.ts'
import type { Registry } from './registry.ts'
import type { TokenParts } from './token-parts.ts'
import { endOf } from './validity.ts'

/** What an OAuth endpoint is answered with. */
export interface EndpointParts {
  registry: Pick<Registry, 'findIssuer' | 'findClient'>
  tokens: Pick<TokenParts, 'endpoints'>
  record(observation: Observation): void
}

/** Answers a request to an OAuth endpoint of a client that may go on (RFC 6749, 3.2; RFC 7662; RFC 7009). */
export async function answerEndpoint(
  parts: EndpointParts,
  exchange: Exchange,
  { access, rateLimit }: FindingsOf<ClientAccess>,
  { name, pathClientId }: Endpoint,
): Promise<void> {
  assertEndpointHeaders(exchange.request)
  const { environment, connection, now } = exchange
  const { certificate } = access
  const answer = await parts.tokens.endpoints[name]({
    issuer: {
      environment: environment.name,
      url: environment.gatewayUrl,
      profile: environment.profile,
      tokenSeconds: environment.tokenSeconds,
      scopes: environment.scopes.map((scope) => scope.name),
    },
    caller: callerOf(connection, access),
    certificateEndsAt:
      certificate === undefined ? null : endOf(certificate, parts.registry.findIssuer(certificate.issuerId)),
    clientAddress: connection.clientAddress,
    now,
    headers: endpointHeadersOf(exchange.request),
    pathClientId,
    body: await readBody(exchange),
  })
  const clientId = findOwnClientId(parts, access, answer.clientId)
  const found = {
    access,
    rateLimit,
    credentials: { clientId, credentialId: answer.credentialId },
    readiness: answer.code === null ? findReadiness(exchange, access) : undefined,
  }
  // Who has neither a certificate nor the secret has to come anew, and counts as a stranger for it.
  if (answer.code !== null && access.unenforcedDenial !== undefined) endWithAnswer(exchange)
  const { status, headers, code, explanation: detail } = answer
  const body = code === null ? answer.body : { ...answer.body, code, detail, traceId: exchange.traceId }
  sendJson(exchange, found, { status, body, headers })
  parts.record(observeExchange(exchange, found, 'token', answer))
}

/**
 * The client id that a request names, where the organization of the caller has such credentials. Anything else may be
 * a secret that was put in its place, so that it is recorded nowhere.
 */
function findOwnClientId(
  { registry }: Pick<EndpointParts, 'registry'>,
  { organizationId }: ClientAccess,
  named: string | null,
): string | null {
  const client = named === null ? undefined : registry.findClient(named)
  return client !== undefined && client.organizationId === organizationId ? client.clientId : null
}
