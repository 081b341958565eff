/** An OAuth endpoint, and the client ID if it is in the path. */
export interface Endpoint {
  name: 'token' | 'introspect' | 'revoke'
  pathClientId?: string | undefined
}

const fixed = new Map<string, Endpoint>([
  ['/token', { name: 'token' }],
  ['/introspect', { name: 'introspect' }],
  ['/revoke', { name: 'revoke' }],
])

/**
 * Finds the endpoint at `path`: `/token`, `/token/{clientId}`, `/auth/token/{clientId}`, `/introspect` or
 * `/revoke`.
 */
export function findEndpoint(path: string): Endpoint | undefined {
  const [, pathClientId] = /^(?:\/auth)?\/token\/([\w.~-]{1,200})$/.exec(path) ?? []
  return pathClientId === undefined ? fixed.get(path) : { name: 'token', pathClientId }
}

/** Where the metadata of the authorization server stands (RFC 8414, 3). */
export const metadataPath = '/.well-known/oauth-authorization-server'
/** Where the keys stand that sign its tokens (RFC 7517, 5). */
export const keysPath = '/jwks.json'

/** Returns whether a public document is at `path`. */
export const isPublicPath = (path: string): boolean => path === keysPath || path === metadataPath

/** Where a client sees what the gateway sees of it. */
export const whoamiPath = '/whoami'
/** Where the key of a certificate of another authority is proven. */
export const registrationsPath = '/registrations'
