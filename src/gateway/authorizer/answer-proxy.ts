import type { DenialCode } from '../../contract/denial-codes.ts'
import { assertAllowed, requireToken, type TokenCheckDependencies } from '../access/authorize-call.ts'
import { type AccessDependencies, decideAccess } from '../access/decide-access.ts'
import { findReadiness } from '../access/find-readiness.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { DeniedAccess } from '../decision/access-decision.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { assertMethod } from '../request/allowed-methods.ts'
import type { ErrorDependencies } from '../request/answer-error.ts'
import { type DenialDependencies, describeDenial } from '../request/describe-denial.ts'
import { explainError } from '../request/explain-error.ts'
import { type Findings, getFindings, nothingFound } from '../request-context/findings.ts'
import { expiryHeader } from '../request-context/own-headers.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { toStructuredBytes } from '../upstream/upstream-headers.ts'
import type { ReverseProxy } from './proxies.ts'

/** What calls of a reverse proxy are decided with. */
export interface ProxyDependencies extends AccessDependencies, TokenCheckDependencies, ErrorDependencies {
  registry: Registry
  tokens: TokenDependencies
}

/** A denied request, and the error for its client. */
export interface Denied {
  code: DenialCode
  explanation: string
  headers: Record<string, string>
  isAboutCertificate: boolean
}

/** What is known of a call, and why it may not pass; nothing where it may. */
interface CallDecision {
  found: Findings
  denied: Denied | undefined
}

/**
 * Answers an authorization request of a reverse proxy: 200 with headers for the upstream, or the denial for the
 * client. Performs every check of the gateway except for the host name, which the certificate of the proxy
 * covers; `assertCall` checks the original request.
 */
export async function answerProxy(
  dependencies: ProxyDependencies,
  context: RequestContext,
  reverseProxy: ReverseProxy,
  assertCall: () => void,
): Promise<void> {
  const { found, denied } = await decideCall(dependencies, context, assertCall)
  const { code = null, explanation = null } = denied ?? {}
  if (denied === undefined) sendAllowed(dependencies, context, found)
  else sendDenied(dependencies, context, reverseProxy, denied)
  // The upstream's response is visible only to the proxy.
  const status = denied === undefined ? null : context.response.statusCode
  dependencies.record(observeRequest(context, found, 'call', { status, code, explanation }))
}

/** Why the certificate of a client is not accepted, in words. */
export function describeDenied(
  { report }: Pick<ErrorDependencies, 'report'>,
  context: RequestContext,
  access: DeniedAccess,
): Denied {
  const { denial } = access
  const { connection, environment, now } = context
  if (connection.presented?.mistake !== undefined) report.failed(context, connection.presented.mistake)
  const explanation = explainDenial(denial, connection.presented, { environment: environment.name, now })
  return { code: denial.code, explanation, headers: expiryHeader(access), isAboutCertificate: true }
}

/** The steps of a call at the gateway itself, as far as they are about who calls and what. */
async function decideCall(
  dependencies: ProxyDependencies,
  context: RequestContext,
  assertCall: () => void,
): Promise<CallDecision> {
  let found: Findings = nothingFound
  try {
    const access = await decideAccess(dependencies, context)
    found = getFindings(access)
    if (!access.ok) return { found, denied: describeDenied(dependencies, context, access) }
    assertCall()
    assertMethod(context)
    const live = await requireToken(dependencies, context, access)
    found = { ...found, credentials: live.client }
    assertAllowed(dependencies, context, live)
    return { found: { ...found, readiness: findReadiness(context, access, live) }, denied: undefined }
  } catch (error) {
    const { code, explanation, headers } = explainError(error, context)
    if (code === 'internal_error') dependencies.report.failed(context, error)
    const sent = { ...headers, ...expiryHeader(found.access) }
    return { found, denied: { code, explanation, headers: sent, isAboutCertificate: false } }
  }
}

/**
 * Returns the headers of RFC 9440 and the client's identity, which the proxy sets in place of the client's
 * headers: every header every time, so that no client header remains if there is no certificate.
 */
function sendAllowed(
  { registry }: Pick<ProxyDependencies, 'registry'>,
  { response, connection, traceId }: RequestContext,
  { access, credentials }: Findings,
): void {
  if (!access?.ok) throw new Error('a call without a decision cannot pass')
  const { certificate, organizationId } = access
  const organization = registry.findOrganization(organizationId)
  const issuer = registry.findIssuer(certificate?.issuerId ?? '')
  const { presented } = connection
  response.writeHead(200, {
    'content-length': 0,
    'cache-control': 'no-store',
    'client-cert': certificate && presented ? toStructuredBytes(presented.der) : '',
    'client-cert-chain': issuer && !issuer.isExternal ? toStructuredBytes(issuer.der) : '',
    'postern-certificate': certificate?.name ?? '',
    'postern-organization': organization?.slug ?? '',
    'postern-client-id': credentials?.clientId ?? '',
    'postern-trace-id': traceId,
    // For the client: the proxy adds it to the answer of the API.
    ...expiryHeader(access),
  })
  response.end()
}

/** Sends a denial in the form that the proxy can pass on; a dropped one tells the client nothing. */
export function sendDenied(
  dependencies: DenialDependencies,
  context: RequestContext,
  { isTerse }: Pick<ReverseProxy, 'isTerse'>,
  denied: Denied,
): void {
  const { response, environment, traceId } = context
  const isDropped = denied.isAboutCertificate && environment.denials === 'drop'
  const { status, headers, body: said } = describeDenial(dependencies, context, denied)
  const body = isDropped ? '' : toAscii(JSON.stringify(said))
  response.writeHead(isTerse && status !== 401 ? 403 : status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'postern-refusal': isDropped ? 'drop' : 'explain',
    ...(isDropped ? {} : { ...headers, 'postern-trace-id': traceId }),
    ...(isTerse && !isDropped && { 'postern-problem': body }),
  })
  response.end(body)
}

/** Returns JSON that fits into a header. */
const toAscii = (json: string): string =>
  json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
