import { PosternError } from '../../errors.ts'
import { decideAccess } from '../access/decide-access.ts'
import type { TokenParts } from '../access/token-parts.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { findEndpoint, whoamiPath } from '../environment/own-addresses.ts'
import { assertHead } from '../message/assert-head.ts'
import { sendJson } from '../message/problem-reply.ts'
import { observeExchange } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { assertMethod } from '../request/allowed-methods.ts'
import { answerEndpoint, type EndpointParts } from '../request/answer-endpoint.ts'
import { answerError, kindOf } from '../request/answer-error.ts'
import { findPublicDocument, publicHeaders } from '../request/find-public-document.ts'
import { answerWhoami, type WhoamiParts } from '../request/whoami.ts'
import type { Exchange } from '../request-context/exchange.ts'
import { type Findings, type FindingsOf, findingsOf, nothingFound } from '../request-context/findings.ts'
import { describeDenied, type EdgeParts, sendDenied } from './answer-edge.ts'

/** What the gateway's own endpoints are answered with. */
export interface EdgeEndpointParts extends EdgeParts, EndpointParts, WhoamiParts {
  registry: Registry
  tokens: TokenParts
}

/** Answers a reverse proxy's client at the gateway's own endpoints: tokens, keys, metadata and `/whoami`. */
export async function answerForEdge(parts: EdgeEndpointParts, exchange: Exchange): Promise<void> {
  let found: Findings = nothingFound
  try {
    const body = findPublicDocument(parts, exchange)
    if (body !== undefined) return sendJson(exchange, found, { status: 200, body, headers: publicHeaders })
    const access = await decideAccess(parts, exchange)
    found = findingsOf(access)
    if (access.ok) {
      assertHead(exchange)
      assertMethod(exchange)
      return await answerEndpoints(parts, exchange, findingsOf(access))
    }
    const denied = describeDenied(parts, exchange, access)
    await readToEnd(exchange)
    sendDenied(parts, exchange, { isTerse: false }, denied)
    const { code, explanation } = denied
    const status = exchange.response.statusCode
    parts.record(observeExchange(exchange, found, kindOf(exchange), { status, code, explanation }))
  } catch (error) {
    await readToEnd(exchange)
    answerError(parts, exchange, found, error)
  }
}

const mostMilliseconds = 5000

/**
 * Reads the rest of a request's body. A response before its end would leave the proxy's keep-alive connection
 * within a request, and the next request could be read as the rest of the body. A body that does not arrive
 * closes the connection.
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
  parts: EdgeEndpointParts,
  exchange: Exchange,
  found: FindingsOf<ClientAccess>,
): Promise<void> {
  const endpoint = findEndpoint(exchange.path)
  if (endpoint !== undefined) return answerEndpoint(parts, exchange, found, endpoint)
  if (exchange.path === whoamiPath) return answerWhoami(parts, exchange, found)
  throw new PosternError('route_unknown', 'This is none of the gateway’s own endpoints. Check the path.')
}
