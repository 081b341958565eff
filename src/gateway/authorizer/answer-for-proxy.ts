import { gatewayPaths } from '../../contract/gateway-paths.ts'
import { PosternError } from '../../errors.ts'
import { decideAccess } from '../access/decide-access.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { assertHead } from '../message/assert-head.ts'
import { sendJson } from '../message/problem-reply.ts'
import { observeRequest } from '../observation/observe.ts'
import type { Registry } from '../registry/registry.ts'
import { assertMethod } from '../request/allowed-methods.ts'
import { answerEndpoint, type EndpointDependencies } from '../request/answer-endpoint.ts'
import { answerError, getKind } from '../request/answer-error.ts'
import { findPublicDocument, publicHeaders } from '../request/find-public-document.ts'
import { answerWhoami, type WhoamiDependencies } from '../request/whoami.ts'
import { type Findings, type FindingsOf, getFindings, nothingFound } from '../request-context/findings.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { describeDenied, type ProxyDependencies, sendDenied } from './answer-proxy.ts'

/** What the gateway's own endpoints are answered with. */
export interface ProxyEndpointDependencies
  extends ProxyDependencies,
    EndpointDependencies,
    WhoamiDependencies {
  registry: Registry
  tokens: TokenDependencies
}

/** Answers a reverse proxy's client at the gateway's own endpoints: tokens, keys, metadata and `/whoami`. */
export async function answerForProxy(
  dependencies: ProxyEndpointDependencies,
  context: RequestContext,
): Promise<void> {
  let found: Findings = nothingFound
  try {
    const body = findPublicDocument(dependencies, context)
    if (body !== undefined) return sendJson(context, found, { status: 200, body, headers: publicHeaders })
    const access = await decideAccess(dependencies, context)
    found = getFindings(access)
    if (access.ok) {
      assertHead(context)
      assertMethod(context)
      return await answerEndpoints(dependencies, context, getFindings(access))
    }
    const denied = describeDenied(dependencies, context, access)
    await readToEnd(context)
    sendDenied(dependencies, context, { isTerse: false }, denied)
    const { code, explanation } = denied
    const status = context.response.statusCode
    dependencies.record(observeRequest(context, found, getKind(context), { status, code, explanation }))
  } catch (error) {
    await readToEnd(context)
    answerError(dependencies, context, found, error)
  }
}

const maxWaitMs = 5000

/**
 * Reads the rest of a request's body. A response before its end would leave the proxy's keep-alive connection
 * within a request, and the next request could be read as the rest of the body. A body that does not arrive
 * closes the connection.
 */
async function readToEnd({ request }: RequestContext): Promise<void> {
  if (request.readableEnded || request.destroyed) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, maxWaitMs)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    request.once('end', end).once('close', end).resume()
  })
}

function answerEndpoints(
  dependencies: ProxyEndpointDependencies,
  context: RequestContext,
  found: FindingsOf<ClientAccess>,
): Promise<void> {
  const endpoint = findEndpoint(context.path)
  if (endpoint !== undefined) return answerEndpoint(dependencies, context, found, endpoint)
  if (context.path === gatewayPaths.whoami) return answerWhoami(dependencies, context, found)
  throw new PosternError('route_unknown', 'This is none of the gateway’s own endpoints. Check the path.')
}
