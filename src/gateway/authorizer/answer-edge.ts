import type { ErrorCode } from '../../contract/error-codes.ts'
import { admitCaller } from '../admit-caller.ts'
import { assertMethod } from '../allowed-methods.ts'
import { authorizeCall } from '../authorize-call.ts'
import { describeRefusal } from '../describe-refusal.ts'
import type { Exchange } from '../exchange.ts'
import { explainError } from '../explain-error.ts'
import { explainRefusal } from '../explain-refusal.ts'
import type { GatewayEnvironment } from '../gateway-environment.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { observeExchange } from '../observe.ts'
import type { RegisteredCertificate } from '../registered-certificate.ts'
import { toStructuredBytes } from '../upstream-headers.ts'
import { assertAsked } from './assert-asked.ts'
import type { Edge } from './edges.ts'

/** A call that may not pass, and what its client is told. */
export interface Refused {
  code: ErrorCode
  explanation: string
  headers: Record<string, string>
  owner?: RegisteredCertificate | undefined
  isAboutCertificate: boolean
}

/**
 * Answers whether a call may pass that an edge holds: 200 with headers for the upstream, or the refusal for
 * the client. Everything that the gateway itself checks is checked, but for the host name, which the edge
 * has answered for with its certificate.
 */
export async function answerEdge(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  edge: Edge,
  exchange: Exchange,
  isReserved: (name: string) => boolean,
): Promise<void> {
  const refused = await findRefusal(parts, environment, exchange, () =>
    assertAsked(exchange, edge, isReserved),
  )
  const { code = null, explanation = null, owner } = refused ?? {}
  if (refused === undefined) sendPassed(parts, exchange)
  else sendRefused(parts, environment, edge, exchange, refused)
  // How the upstream answers is between it and the edge.
  const outcome = { status: refused === undefined ? null : exchange.response.statusCode, code, explanation }
  parts.record(observeExchange(exchange, 'call', outcome, owner))
}

/** Why a certificate is refused at an edge, as it is at the gateway. */
export async function findCertificateRefusal(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<Refused | undefined> {
  const refusal = await admitCaller(parts, environment, exchange)
  if (refusal === undefined) return undefined
  const { code, owner } = refusal
  const explanation = explainRefusal(refusal, exchange.connection.presented, environment.name)
  return { code, explanation, owner, headers: {}, isAboutCertificate: true }
}

async function findRefusal(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
  assertCall: () => void,
): Promise<Refused | undefined> {
  try {
    const refused = await findCertificateRefusal(parts, environment, exchange)
    if (refused !== undefined) return refused
    assertCall()
    assertMethod(environment, exchange)
    await authorizeCall(parts, environment, exchange)
    return undefined
  } catch (error) {
    const { code, explanation, headers } = explainError(error, exchange)
    if (code === 'internal_error') parts.report.failed(exchange, error)
    return {
      code,
      explanation,
      headers: { ...headers },
      owner: exchange.certificate,
      isAboutCertificate: false,
    }
  }
}

/**
 * RFC 9440 and who it is, for the edge to set in place of what the client sent: each header each time, so that
 * nothing of the client's own is left where there is no certificate to tell of.
 */
function sendPassed(
  { registry }: GatewayParts,
  { response, connection, certificate, organizationId, clientId, traceId }: Exchange,
): void {
  const organization = registry.findOrganization(certificate?.organizationId ?? organizationId ?? '')
  const issuer = registry.findIssuer(certificate?.issuerId ?? '')
  const { presented } = connection
  response.writeHead(200, {
    'content-length': 0,
    'cache-control': 'no-store',
    'client-cert': certificate && presented ? toStructuredBytes(presented.der) : '',
    'client-cert-chain': issuer && !issuer.isForeign ? toStructuredBytes(issuer.der) : '',
    'postern-certificate': certificate?.name ?? '',
    'postern-organization': organization?.slug ?? '',
    'postern-client-id': clientId ?? '',
    'postern-trace-id': traceId,
  })
  response.end()
}

/** Sends a refusal in the way that the edge can hand on; of a dropped one the client is to learn nothing. */
export function sendRefused(
  parts: Pick<GatewayParts, 'tokens'>,
  environment: GatewayEnvironment,
  { isTerse }: Edge,
  exchange: Exchange,
  refused: Refused,
): void {
  const { response, traceId } = exchange
  const isDropped = refused.isAboutCertificate && environment.refusals === 'drop'
  const { status, headers, body: said } = describeRefusal(parts, environment, exchange, refused)
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

/** JSON that fits into a header. */
const toAscii = (json: string): string =>
  json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
