import { toCanonicalPath } from '../../contract/canonical-path.ts'
import { PosternError } from '../../errors.ts'
import type { ActiveToken } from '../../shapes/active-token.ts'
import type { ClientAccess } from '../decision/access-decision.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { endWithAnswer } from '../socket/close-connection.ts'
import { getPeer, readBearerToken } from './peer.ts'
import type { TokenDependencies } from './token-dependencies.ts'
import { TokenScopeError } from './token-scope-error.ts'

/** What tokens are checked with. */
export interface TokenCheckDependencies {
  tokens: Pick<TokenDependencies, 'verify' | 'assertBound' | 'isInNetworks'>
}

/**
 * The token of a call (RFC 6750, 2.1), if it counts now and for its client (RFC 8705, 3). Throws the `token_…` code that
 * says why not, and `authorization_malformed`.
 */
export async function requireToken(
  { tokens }: TokenCheckDependencies,
  context: RequestContext,
  access: ClientAccess,
): Promise<ActiveToken> {
  const { environment, connection, now } = context
  const token = readBearerToken(context)
  if (token === undefined) {
    throw new PosternError(
      'token_missing',
      `The request has no access token. Get one from ${environment.gatewayUrl}/token and send it as "Authorization: Bearer".`,
    )
  }
  const issuer = { environment: environment.name, url: environment.gatewayUrl }
  try {
    const live = await tokens.verify(token, { issuer, now })
    tokens.assertBound(live, getPeer(connection, access))
    return live
  } catch (error) {
    // Close the connection so that each failed attempt costs a new handshake and is rate-limited.
    if (access.unenforcedDenial !== undefined) endWithAnswer(context)
    throw error
  }
}

/**
 * Checks network, path and scope of a call with a token that counts (RFC 6750, 3.1). Throws the first of these that does
 * not hold: `network_not_allowed`, `bad_request`, `route_unknown`, `token_scope_missing`.
 */
export function assertAllowed(
  { tokens }: TokenCheckDependencies,
  context: RequestContext,
  { client, claims }: ActiveToken,
): void {
  const { clientAddress } = context.connection
  if (!tokens.isInNetworks(client.networks, clientAddress))
    throw new PosternError(
      'network_not_allowed',
      `The API credentials of this access token cannot be used from ${clientAddress}. Call from an allowed network.`,
    )
  assertScope(context, claims.scope)
}

/** Requires the scope of the route that the upstream runs, however it interprets the request target. */
function assertScope({ environment, path, method, request }: RequestContext, granted: string): void {
  const canonical = toCanonicalPath(path)
  // RFC 9112, section 3.2: a request target has no fragment, and programs interpret one differently.
  if (canonical === undefined || request.url?.includes('#'))
    throw new PosternError(
      'bad_request',
      'The path can be read in more than one way. Write it without dot segments, empty segments and encoded slashes, and percent-encode what RFC 3986 does not allow in a path.',
    )
  const route = environment.matchRoute(path, canonical, method)
  if (route === 'unknown')
    throw new PosternError(
      'route_unknown',
      'No route matches the method and path of the request. Check both.',
    )
  if (route === 'ambiguous')
    throw new PosternError(
      'bad_request',
      'Some programs would take the path for another one that needs another scope: by the case of its letters, path parameters, a file extension, dots or spaces at the end of a segment, or percent-encoding. Write the path exactly as the API documents it.',
    )
  if (route !== 'unneeded' && !granted.split(' ').includes(route.scope))
    throw new TokenScopeError(route.scope, granted)
}
