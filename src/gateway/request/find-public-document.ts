import { gatewayPaths } from '../../contract/gateway-paths.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** The headers of public documents. */
export const publicHeaders = { 'cache-control': 'public, max-age=300' }

/**
 * Finds keys and metadata, which resource servers read without a certificate; undefined for any other path.
 */
export function findPublicDocument(
  { tokens }: { tokens: Pick<TokenDependencies, 'jwks' | 'metadata'> },
  { environment, method, path, now }: RequestContext,
): object | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (path === gatewayPaths.keys) return tokens.jwks(environment.name, now)
  if (path !== gatewayPaths.metadata) return undefined
  const { gatewayUrl, scopes, profile } = environment
  const names = scopes.map((scope) => scope.name)
  return tokens.metadata(gatewayUrl, names, profile)
}
