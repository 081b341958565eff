import { PosternError } from '../../errors.ts'
import type { ActiveToken } from '../../shapes/active-token.ts'
import { requireToken, type TokenCheckDependencies } from '../access/authorize-call.ts'
import { readBearerToken } from '../access/peer.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import { getPresentedDetails } from '../decision/presented-certificate.ts'
import { sendJson } from '../message/problem-reply.ts'
import type { Observation } from '../observation/observation.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { getEnd } from '../registry/validity.ts'
import type { FindingsOf } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** What a client is told from. */
export interface WhoamiDependencies extends TokenCheckDependencies {
  registry: Pick<Registry, 'findOrganization' | 'listClients' | 'findIssuer' | 'findMigration'>
  record(observation: Observation): void
}

const day = 86_400_000
const maxCredentials = 20

/**
 * Tells an authenticated client what the gateway knows about it. A token is optional for clients with an
 * accepted certificate; others have no other identity. Throws the `token_…` code of an invalid one, and
 * `authorization_malformed`.
 */
export async function answerWhoami(
  dependencies: WhoamiDependencies,
  context: RequestContext,
  before: FindingsOf<ClientAccess>,
): Promise<void> {
  const { environment, connection, request, now } = context
  const { access } = before
  const token = await readToken(dependencies, context, access)
  const found =
    token instanceof PosternError || token === null ? before : { ...before, credentials: token.client }
  const organization = dependencies.registry.findOrganization(access.organizationId)
  const body = {
    environment: environment.name,
    certificate: describeCertificate(dependencies, context, access),
    enforcement: describeReach(context, access),
    organization: organization ? { slug: organization.slug, legalName: organization.legalName } : null,
    credentials: listCredentials(dependencies, context, access),
    tls: { version: connection.tlsVersion, cipher: connection.cipher, resumed: connection.resumed },
    client: { address: connection.clientAddress, httpVersion: request.httpVersion },
    token: describeToken(token),
    clock: describeClock(request.headers.date, now),
    traceId: context.traceId,
  }
  sendJson(context, found, { status: 200, body })
  const went = { status: 200, code: null, explanation: null }
  dependencies.record(observeRequest(context, found, 'call', went))
}

/** Describes the accepted certificate of the client; null if it may call without one. */
function describeCertificate(
  { registry }: Pick<WhoamiDependencies, 'registry'>,
  { connection, now }: RequestContext,
  { certificate, certificateExpires }: ClientAccess,
): object | null {
  if (certificate === undefined) return null
  const { issuerId, organizationId, environment } = certificate
  const migration = registry.findMigration(organizationId, environment)
  const acceptedUntil = getEnd(certificate, registry.findIssuer(issuerId), migration)
  return {
    id: certificate.id,
    name: certificate.name,
    ...getPresentedDetails(connection.presented),
    thumbprint: connection.presented?.thumbprint,
    daysLeft: Math.floor((certificate.notAfter - now) / day),
    acceptedUntil: new Date(acceptedUntil).toISOString(),
    expiring: certificateExpires !== undefined,
    replaced: certificate.replaced,
  }
}

/**
 * Describes the enforcement policy of the organization, and why this client would be denied if it required a
 * certificate.
 */
function describeReach(
  { environment, connection, now }: RequestContext,
  { policy, unenforcedDenial }: ClientAccess,
): object {
  const wouldBe = unenforcedDenial && {
    code: unenforcedDenial.code,
    detail: explainDenial(unenforcedDenial, connection.presented, { environment: environment.name, now }),
  }
  return { mode: policy.mode, wouldBeDenied: wouldBe ?? null }
}

/** Lists the API credentials that can be used with the certificate; none without one. */
function listCredentials(
  { registry }: Pick<WhoamiDependencies, 'registry'>,
  { environment }: RequestContext,
  { certificate }: ClientAccess,
): { clientId: string; name: string }[] {
  if (certificate === undefined) return []
  return registry
    .listClients(certificate.organizationId, environment.name)
    .filter(({ certificateIds }) => certificateIds === null || certificateIds.has(certificate.id))
    .slice(0, maxCredentials)
    .map((client) => ({ clientId: client.clientId, name: client.name }))
}

/** The token of the request, or why it does not count; null where there is none and none is needed. */
async function readToken(
  dependencies: TokenCheckDependencies,
  context: RequestContext,
  access: ClientAccess,
): Promise<ActiveToken | PosternError | null> {
  const isOptional = access.certificate !== undefined
  if (readBearerToken(context) === undefined && isOptional) return null
  try {
    return await requireToken(dependencies, context, access)
  } catch (error) {
    if (!isOptional || !(error instanceof PosternError)) throw error
    return error
  }
}

function describeToken(token: ActiveToken | PosternError | null): object | null {
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
