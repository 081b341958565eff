import type { Exchange } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'

/** The headers of public documents. */
export const publicHeaders = { 'cache-control': 'public, max-age=300' }

const metadataPath = '/.well-known/oauth-authorization-server'
const keysPath = '/jwks.json'

/** Whether a public document stands at `path`. */
export const isPublicPath = (path: string): boolean => path === keysPath || path === metadataPath

/** Keys and metadata, which resource servers read without a certificate of ours; nothing at any other path. */
export function findPublicDocument(
  { tokens }: Pick<GatewayParts, 'tokens'>,
  { gatewayUrl, scopes, name, profile }: GatewayEnvironment,
  { method, path, now }: Exchange,
): object | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (path === keysPath) return tokens.jwks(name, now)
  if (path !== metadataPath) return undefined
  const names = scopes.map((scope) => scope.name)
  return tokens.metadata(gatewayUrl, names, profile)
}
