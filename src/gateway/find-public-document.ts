import type { Exchange } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'

/** The headers of public documents. */
export const publicHeaders = { 'cache-control': 'public, max-age=300' }

/** Keys and metadata, which resource servers read without a certificate of ours; nothing at any other path. */
export function findPublicDocument(
  { tokens }: Pick<GatewayParts, 'tokens'>,
  { gatewayUrl, scopes, name, profile }: GatewayEnvironment,
  { method, path, now }: Exchange,
): object | undefined {
  if (method !== 'GET') return undefined
  if (path === '/jwks.json') return tokens.jwks(name, now)
  if (path !== '/.well-known/oauth-authorization-server') return undefined
  const names = scopes.map((scope) => scope.name)
  return tokens.metadata(gatewayUrl, names, profile)
}
