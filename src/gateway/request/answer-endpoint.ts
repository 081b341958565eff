import { callerOf } from '../access/caller.ts'
import { findReadiness } from '../access/find-readiness.ts'
import type { TokenParts } from '../access/token-parts.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { Endpoint } from '../environment/own-addresses.ts'
import { assertEndpointHeaders, endpointHeadersOf } from '../message/endpoint-headers.ts'
import { sendJson } from '../message/problem-reply.ts'
import { readBody } from '../message/read-body.ts'
import type { Observation } from '../observation/observation.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { endOf } from '../registry/validity.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import { endWithAnswer } from '../socket/close-connection.ts'

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
  // Close the connection so that each failed attempt costs a new handshake and is rate-limited.
  if (answer.code !== null && access.unenforcedDenial !== undefined) endWithAnswer(exchange)
  const { status, headers, code, explanation: detail } = answer
  const body = code === null ? answer.body : { ...answer.body, code, detail, traceId: exchange.traceId }
  sendJson(exchange, found, { status, body, headers })
  parts.record(observeExchange(exchange, found, 'token', answer))
}

/**
 * Returns the client ID in a request if the client's organization has such credentials. Any other value may
 * be a misplaced secret, so it is not recorded.
 */
function findOwnClientId(
  { registry }: Pick<EndpointParts, 'registry'>,
  { organizationId }: ClientAccess,
  named: string | null,
): string | null {
  const client = named === null ? undefined : registry.findClient(named)
  return client !== undefined && client.organizationId === organizationId ? client.clientId : null
}
