import { PosternError } from '../../errors.ts'
import type { LiveToken } from '../../shapes/live-token.ts'
import { requireToken, type TokenCheckParts } from '../access/authorize-call.ts'
import { readBearerToken } from '../access/caller.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { explainRefusal } from '../decision/explain-refusal.ts'
import { presentedFacts } from '../decision/presented.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { Observation } from '../observation/observation.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import type { Exchange } from '../request-context/exchange.ts'
import type { FindingsOf } from '../request-context/findings.ts'

/** What a client is told from. */
export interface WhoamiParts extends TokenCheckParts {
  registry: Pick<Registry, 'findOrganization' | 'listClients'>
  record(observation: Observation): void
}

const day = 86_400_000
const mostCredentials = 20

/**
 * Tells an authenticated client what the gateway knows about it. A token is optional for clients with an
 * accepted certificate; others have no other identity. Throws the `token_…` code of an invalid one, and
 * `authorization_malformed`.
 */
export async function answerWhoami(
  parts: WhoamiParts,
  exchange: Exchange,
  before: FindingsOf<ClientAccess>,
): Promise<void> {
  const { environment, connection, request, now } = exchange
  const { access } = before
  const token = await readToken(parts, exchange, access)
  const found =
    token instanceof PosternError || token === null ? before : { ...before, credentials: token.client }
  const organization = parts.registry.findOrganization(access.organizationId)
  const body = {
    environment: environment.name,
    certificate: describeCertificate(exchange, access),
    enforcement: describeEnforcement(exchange, access),
    organization: organization && { slug: organization.slug, legalName: organization.legalName },
    credentials: listCredentials(parts, exchange, access),
    tls: { version: connection.tlsVersion, cipher: connection.cipher, resumed: connection.resumed },
    client: { address: connection.clientAddress, httpVersion: request.httpVersion },
    token: describeToken(token),
    clock: describeClock(request.headers.date, now),
    traceId: exchange.traceId,
  }
  sendJson(exchange, found, { status: 200, body })
  const went = { status: 200, code: null, explanation: null }
  parts.record(observeExchange(exchange, found, 'call', went))
}

/** Describes the accepted certificate of the client; null if it may call without one. */
function describeCertificate({ connection, now }: Exchange, { certificate }: ClientAccess): object | null {
  if (certificate === undefined) return null
  return {
    id: certificate.id,
    name: certificate.name,
    ...presentedFacts(connection.presented),
    thumbprint: connection.presented?.thumbprint,
    daysLeft: Math.floor((certificate.notAfter - now) / day),
  }
}

/**
 * Describes the enforcement policy of the organization, and why this client would be denied if it required a
 * certificate.
 */
function describeEnforcement(
  { environment, connection }: Exchange,
  { plan, unenforcedDenial }: ClientAccess,
): object {
  const wouldBe = unenforcedDenial && {
    code: unenforcedDenial.code,
    detail: explainRefusal(unenforcedDenial, connection.presented, environment.name),
  }
  return { mode: plan.mode, wouldBeRefused: wouldBe ?? null }
}

/** Lists the API credentials that can be used with the certificate; none without one. */
function listCredentials(
  { registry }: Pick<WhoamiParts, 'registry'>,
  { environment }: Exchange,
  { certificate }: ClientAccess,
): { clientId: string; name: string }[] {
  if (certificate === undefined) return []
  return registry
    .listClients(certificate.organizationId, environment.name)
    .filter(({ certificateIds }) => certificateIds === null || certificateIds.has(certificate.id))
    .slice(0, mostCredentials)
    .map((client) => ({ clientId: client.clientId, name: client.name }))
}

/** The token of the request, or why it does not count; null where there is none and none is needed. */
async function readToken(
  parts: TokenCheckParts,
  exchange: Exchange,
  access: ClientAccess,
): Promise<LiveToken | PosternError | null> {
  const isOptional = access.certificate !== undefined
  if (readBearerToken(exchange) === undefined && isOptional) return null
  try {
    return await requireToken(parts, exchange, access)
  } catch (error) {
    if (!isOptional || !(error instanceof PosternError)) throw error
    return error
  }
}

function describeToken(token: LiveToken | PosternError | null): object | null {
  if (token === null) return null
  if (token instanceof PosternError) return { accepted: false, code: token.code, detail: token.message }
  const { scope, exp, cnf } = token.claims
  return {
    accepted: true,
    clientId: token.client.clientId,
    scope,
    expiresAt: new Date(exp * 1000).toISOString(),
    boundTo: cnf?.['x5t#S256'] ?? null,
  }
}

/** Describes the difference between the client's clock and the gateway's, if the request has a time. */
function describeClock(date: string | undefined, now: number): object {
  const theirs = Date.parse(date ?? '')
  const gateway = new Date(now).toISOString()
  return Number.isNaN(theirs)
    ? { gateway, client: null, differenceSeconds: null }
    : {
        gateway,
        client: new Date(theirs).toISOString(),
        differenceSeconds: Math.round((theirs - now) / 1000),
      }
}
