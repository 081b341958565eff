import { PosternError } from '../errors.ts'
import { requireToken } from './authorize-call.ts'
import { readBearerToken } from './caller.ts'
import type { Exchange } from './exchange.ts'
import { explainRefusal } from './explain-refusal.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { observeExchange } from './observe.ts'
import { presentedFacts } from './presented.ts'
import { sendJson } from './problem-reply.ts'

const day = 86_400_000
const mostCredentials = 20

/**
 * Tells a caller who has been let in what the gateway sees of them. A token is optional for those with a
 * certificate that counts; for others nothing else says who they are. Throws the `token_…` code of one that does not, and `authorization_malformed`.
 */
export async function answerWhoami(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<void> {
  const { connection, certificate, request, now } = exchange
  const token = await describeToken(parts, environment, exchange)
  const organizationId = certificate?.organizationId ?? exchange.organizationId
  const organization = parts.registry.findOrganization(organizationId ?? '')
  const body = {
    environment: environment.name,
    certificate: describeCertificate(exchange),
    enforcement: describeEnforcement(environment, exchange),
    organization: organization && { slug: organization.slug, legalName: organization.legalName },
    credentials: listCredentials(parts, environment, exchange),
    tls: { version: connection.tlsVersion, cipher: connection.cipher, resumed: connection.resumed },
    client: { address: connection.clientAddress, httpVersion: request.httpVersion },
    token,
    clock: describeClock(request.headers.date, now),
    traceId: exchange.traceId,
  }
  sendJson(exchange, 200, body)
  const went = { status: 200, code: null, explanation: null }
  parts.record(observeExchange(exchange, 'call', went))
}

/** The certificate that the caller has been let in with; null for one who may call without. */
function describeCertificate({ certificate, connection, now }: Exchange): object | null {
  if (certificate === undefined) return null
  return {
    id: certificate.id,
    name: certificate.name,
    ...presentedFacts(connection.presented),
    thumbprint: connection.presented?.thumbprint,
    daysLeft: Math.floor((certificate.notAfter - now) / day),
  }
}

/** What is required of the organization, and why this caller would be refused if a certificate were. */
function describeEnforcement(
  { name }: GatewayEnvironment,
  { plan, tolerated, connection }: Exchange,
): object {
  const wouldBe = tolerated && {
    code: tolerated.code,
    detail: explainRefusal(tolerated, connection.presented, name),
  }
  return { mode: plan?.mode ?? 'enforce', wouldBeRefused: wouldBe ?? null }
}

/** The API credentials that may be used with the certificate; of others a caller without one is told nothing. */
function listCredentials(
  { registry }: GatewayParts,
  { name }: GatewayEnvironment,
  { certificate }: Exchange,
): { clientId: string; name: string }[] {
  if (certificate === undefined) return []
  return registry
    .listClients(certificate.organizationId, name)
    .filter(({ certificateIds }) => certificateIds === null || certificateIds.has(certificate.id))
    .slice(0, mostCredentials)
    .map((client) => ({ clientId: client.clientId, name: client.name }))
}

async function describeToken(
  { tokens }: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<object | null> {
  const isOptional = exchange.certificate !== undefined
  if (readBearerToken(exchange) === undefined && isOptional) return null
  try {
    const live = await requireToken({ tokens }, environment, exchange)
    exchange.proven = true
    exchange.clientId = live.client.clientId
    exchange.credentialId = live.client.credentialId
    const { scope, exp, cnf } = live.claims
    return {
      accepted: true,
      clientId: live.client.clientId,
      scope,
      expiresAt: new Date(exp * 1000).toISOString(),
      boundTo: cnf?.['x5t#S256'] ?? null,
    }
  } catch (error) {
    if (!isOptional || !(error instanceof PosternError)) throw error
    return { accepted: false, code: error.code, detail: error.message }
  }
}

/** How far the client's clock is from ours, where the request tells its time. */
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
