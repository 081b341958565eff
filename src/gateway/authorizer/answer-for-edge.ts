import { PosternError } from '../../errors.ts'
import { assertMethod } from '../allowed-methods.ts'
import { answerEndpoint, findEndpoint } from '../answer-endpoint.ts'
import { assertHead } from '../assert-head.ts'
import { describeRefusal } from '../describe-refusal.ts'
import type { Exchange } from '../exchange.ts'
import { explainError } from '../explain-error.ts'
import { findPublicDocument, publicHeaders } from '../find-public-document.ts'
import type { GatewayEnvironment } from '../gateway-environment.ts'
import type { GatewayParts } from '../gateway-parts.ts'
import { observeExchange } from '../observe.ts'
import { sendJson } from '../problem-reply.ts'
import { answerWhoami } from '../whoami.ts'
import { findCertificateRefusal, type Refused, sendRefused } from './answer-edge.ts'
import type { Edge } from './edges.ts'

/** Answers the client of an edge at the gateway's own endpoints: tokens, keys, metadata and `/whoami`. */
export async function answerForEdge(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  edge: Edge,
  exchange: Exchange,
): Promise<void> {
  try {
    const publicDocument = findPublicDocument(parts, environment, exchange)
    if (publicDocument !== undefined) return sendJson(exchange, 200, publicDocument, publicHeaders)
    const refused = await findCertificateRefusal(parts, environment, exchange)
    if (refused === undefined) {
      assertHead(exchange)
      assertMethod(environment, exchange)
      return await answerEndpoints(parts, environment, exchange)
    }
    await readToEnd(exchange)
    sendRefused(parts, environment, { ...edge, isTerse: false }, exchange, refused)
    record(parts, exchange, refused)
  } catch (error) {
    const { code, explanation, headers } = explainError(error, exchange)
    if (code === 'internal_error') parts.report.failed(exchange, error)
    await readToEnd(exchange)
    const refusal = { code, explanation, headers, isAboutCertificate: false }
    const { status, body, headers: sent } = describeRefusal(parts, environment, exchange, refusal)
    sendJson(exchange, status, body, sent)
    record(parts, exchange, { code, explanation, owner: exchange.certificate })
  }
}

const mostMilliseconds = 5000

/**
 * Takes what is left of a request's body. An answer that comes before it would leave a connection that edges keep
 * in the middle of a request: the next one could be read as the rest of the body. A body that does not come costs
 * the connection.
 */
async function readToEnd({ request }: Exchange): Promise<void> {
  if (request.readableEnded || request.destroyed) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, mostMilliseconds)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    request.once('end', end).once('close', end).resume()
  })
}

function answerEndpoints(
  parts: GatewayParts,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<void> {
  const endpoint = findEndpoint(exchange.path)
  if (endpoint !== undefined) return answerEndpoint(parts, environment, exchange, endpoint)
  if (exchange.path === '/whoami') return answerWhoami(parts, environment, exchange)
  throw new PosternError('route_unknown', 'This is none of the gateway’s own endpoints. Check the path.')
}

function record(
  parts: GatewayParts,
  exchange: Exchange,
  { code, explanation, owner }: Pick<Refused, 'code' | 'explanation' | 'owner'>,
): void {
  const kind = findEndpoint(exchange.path) === undefined ? 'call' : 'token'
  const outcome = { status: exchange.response.statusCode, code, explanation }
  parts.record(observeExchange(exchange, kind, outcome, owner))
}
