import { inSpan } from '../../tracing/span.ts'
import { findReadiness } from '../access/find-readiness.ts'
import { getPeer } from '../access/peer.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { Endpoint } from '../environment/own-addresses.ts'
import { assertEndpointHeaders, getEndpointHeaders } from '../message/endpoint-headers.ts'
import { toOAuthProblem } from '../message/oauth-problem.ts'
import { sendJson } from '../message/problem-reply.ts'
import { readBody } from '../message/read-body.ts'
import type { Observation } from '../observation/observation.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { getEnd } from '../registry/validity.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { endWithAnswer } from '../socket/close-connection.ts'

/** What an OAuth endpoint is answered with. */
export interface EndpointDependencies {
  registry: Pick<Registry, 'findIssuer' | 'findMigration' | 'findClient'>
  tokens: Pick<TokenDependencies, 'endpoints'>
  record(observation: Observation): void
}

/** Answers a request to an OAuth endpoint of a client that may go on (RFC 6749, 3.2; RFC 7662; RFC 7009). */
export async function answerEndpoint(
  dependencies: EndpointDependencies,
  context: RequestContext,
  { access, rateLimit }: FindingsOf<ClientAccess>,
  { name, pathClientId }: Endpoint,
): Promise<void> {
  assertEndpointHeaders(context.request)
  const { environment, connection, now } = context
  const { certificate } = access
  const endpointRequest = {
    issuer: {
      environment: environment.name,
      url: environment.gatewayUrl,
      profile: environment.profile,
      tokenSeconds: environment.tokenSeconds,
      scopes: environment.scopes.map((scope) => scope.name),
    },
    peer: getPeer(connection, access),
    certificateEndsAt:
      certificate === undefined
        ? null
        : getEnd(
            certificate,
            dependencies.registry.findIssuer(certificate.issuerId),
            dependencies.registry.findMigration(certificate.organizationId, environment.name),
          ),
    clientAddress: connection.clientAddress,
    traceId: context.traceId,
    now,
    headers: getEndpointHeaders(context.request),
    pathClientId,
    body: await readBody(context),
  }
  const answer = await inSpan(context.span, `postern.${name}`, () =>
    dependencies.tokens.endpoints[name](endpointRequest),
  )
  const clientId = findOwnClientId(dependencies, access, answer.clientId)
  const found = {
    access,
    rateLimit,
    credentials: { clientId, credentialId: answer.credentialId },
    readiness: answer.code === null ? findReadiness(context, access) : undefined,
  }
  // Close the connection so that each failed attempt costs a new handshake and is rate-limited.
  if (answer.code !== null && access.unenforcedDenial !== undefined) endWithAnswer(context)
  const { status, headers } = answer
  sendJson(context, found, { status, headers, body: toOAuthProblem(environment, answer, context.traceId) })
  const issuedToken = name === 'token' && answer.code === null
  dependencies.record({ ...observeRequest(context, found, 'token', answer), issuedToken })
}

/**
 * Returns the client ID in a request if the client's organization has such credentials. Any other value may
 * be a misplaced secret, so it is not recorded.
 */
function findOwnClientId(
  { registry }: Pick<EndpointDependencies, 'registry'>,
  { organizationId }: ClientAccess,
  named: string | null,
): string | null {
  const client = named === null ? undefined : registry.findClient(named)
  return client !== undefined && client.organizationId === organizationId ? client.clientId : null
}
