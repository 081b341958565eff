import { gatewayPaths } from '../../contract/gateway-paths.ts'

/** An OAuth endpoint, and the client ID if it is in the path. */
export interface Endpoint {
  name: 'token' | 'introspect' | 'revoke'
  pathClientId?: string | undefined
}

const fixed = new Map<string, Endpoint>([
  [gatewayPaths.token, { name: 'token' }],
  [gatewayPaths.introspect, { name: 'introspect' }],
  [gatewayPaths.revoke, { name: 'revoke' }],
])

const withClientId = new RegExp(
  `^(?:${[gatewayPaths.tokenOfClient, gatewayPaths.tokenOfClientBelowAuth].map((path) => path.replace('{clientId}', '')).join('|')})([\\w.~-]{1,200})$`,
)

/**
 * Finds the endpoint at `path`: `/token`, `/token/{clientId}`, `/auth/token/{clientId}`, `/introspect` or
 * `/revoke`.
 */
export function findEndpoint(path: string): Endpoint | undefined {
  const [, pathClientId] = withClientId.exec(path) ?? []
  return pathClientId === undefined ? fixed.get(path) : { name: 'token', pathClientId }
}

/** Returns whether a public document is at `path`. */
export const isPublicPath = (path: string): boolean =>
  path === gatewayPaths.keys || path === gatewayPaths.metadata
