/** The addresses of a gateway's own operations; no upstream can have them. A name in braces stands for one part. */
export const gatewayPaths = {
  token: '/token',
  tokenOfClient: '/token/{clientId}',
  tokenOfClientBelowAuth: '/auth/token/{clientId}',
  introspect: '/introspect',
  revoke: '/revoke',
  /** Metadata of the authorization server (RFC 8414, section 3). */
  metadata: '/.well-known/oauth-authorization-server',
  /** The keys that sign its tokens (RFC 7517, section 5). */
  keys: '/jwks.json',
  /** Where a client sees what the gateway sees of it. */
  whoami: '/whoami',
  /** Where possession of the key of an externally issued certificate is proven. */
  registrations: '/registrations',
} as const
