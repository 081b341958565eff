import type { Client } from './client.ts'

/**
 * The claims of an access token (RFC 9068, section 2.2; RFC 8705, section 3.1). Times are seconds since 1970.
 */
export interface TokenClaims {
  iss: string
  aud: string
  sub: string
  client_id: string
  jti: string
  iat: number
  exp: number
  /** Omitted in the token if it is empty (RFC 6749, section 3.3, has no empty scope). */
  scope: string
  /** Omitted if the organization does not need a certificate yet. */
  cnf?: { 'x5t#S256': string }
}

/** A valid token and its owner. */
export interface ActiveToken {
  claims: TokenClaims
  client: Client
}
