import { toCanonicalPath } from '../contract/canonical-path.ts'
import { PosternError } from '../errors.ts'
import type { LiveToken } from '../shapes/live-token.ts'
import { callerOf, readBearerToken } from './caller.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { noteReadiness } from './note-readiness.ts'
import { TokenScopeError } from './token-scope-error.ts'

/**
 * Checks token, binding, network, path and scope of a call whose caller has been let in, and notes in the
 * exchange whose credentials it came with. Throws the first of these that does not hold:
 * `token_…`, `network_not_allowed`, `bad_request`, `route_unknown`.
 */
export async function authorizeCall(
  parts: Pick<GatewayParts, 'tokens'>,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<LiveToken> {
  const live = await requireToken(parts, environment, exchange)
  exchange.proven = true
  exchange.clientId = live.client.clientId
  exchange.credentialId = live.client.credentialId
  assertNetwork(parts, live.client, exchange.connection.clientAddress)
  requireScope(environment, exchange, live.claims.scope)
  noteReadiness(environment, exchange, live)
  return live
}

/**
 * Checks what may have changed while a call goes on: binding, network and scope of its token and its credentials.
 * Throws the first of these that does not hold any more.
 */
export function assertStillAuthorized(
  parts: Pick<GatewayParts, 'tokens'>,
  environment: GatewayEnvironment,
  exchange: Exchange,
  live: LiveToken,
): void {
  parts.tokens.assertBound(live, callerOf(exchange))
  assertNetwork(parts, live.client, exchange.connection.clientAddress)
  requireScope(environment, exchange, live.claims.scope)
}

/** The token of a call, if it counts now and for its caller. Throws the `token_…` code that says why not. */
export async function requireToken(
  { tokens }: Pick<GatewayParts, 'tokens'>,
  environment: GatewayEnvironment,
  exchange: Exchange,
): Promise<LiveToken> {
  const token = readBearerToken(exchange)
  if (token === undefined) {
    throw new PosternError(
      'token_missing',
      `The call has no access token. Fetch one from ${environment.gatewayUrl}/token and send it in the header Authorization: Bearer.`,
    )
  }
  const issuer = { environment: environment.name, url: environment.gatewayUrl }
  try {
    const live = await tokens.verify(token, { issuer, now: exchange.now })
    tokens.assertBound(live, callerOf(exchange))
    return live
  } catch (error) {
    // Who has neither a certificate nor a token has to come anew, and counts as a stranger for it.
    if (exchange.tolerated !== undefined) exchange.endWithAnswer()
    throw error
  }
}

function assertNetwork(
  { tokens }: Pick<GatewayParts, 'tokens'>,
  { networks }: LiveToken['client'],
  address: string,
): void {
  if (tokens.isInNetworks(networks, address)) return
  throw new PosternError(
    'network_not_allowed',
    `The API credentials of this access token may not be used from the address ${address}. Call from one of their networks.`,
  )
}

/** The scope is that of the route which the upstream will run, however it reads the request target. */
function requireScope(
  { matchRoute }: GatewayEnvironment,
  { path, method, request }: Exchange,
  granted: string,
): void {
  const canonical = toCanonicalPath(path)
  // RFC 9112, 3.2: a request target has no fragment, and programs differ in what they make of one.
  if (canonical === undefined || request.url?.includes('#'))
    throw new PosternError(
      'bad_request',
      'The path can be read in more than one way. Write it without dot segments, empty segments and encoded slashes, and percent-encode what RFC 3986 does not allow in a path.',
    )
  const route = matchRoute(path, canonical, method)
  if (route === 'unknown')
    throw new PosternError(
      'route_unknown',
      'This environment has no route for the path and the method of the request. Check both.',
    )
  if (route === 'ambiguous')
    throw new PosternError(
      'bad_request',
      'Some programs would take the path for another one that needs another scope: by the case of its letters, path parameters, a file extension, dots or spaces at the end of a segment, or percent-encoding. Write the path exactly as the API documents it.',
    )
  if (route !== 'unneeded' && !granted.split(' ').includes(route.scope))
    throw new TokenScopeError(route.scope, granted)
}
