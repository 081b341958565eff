import type { Client } from './client.ts'

/** The claims of an access token (RFC 9068, 2.2; RFC 8705, 3.1). Moments are seconds since 1970. */
export interface TokenClaims {
  iss: string
  aud: string
  sub: string
  client_id: string
  jti: string
  iat: number
  exp: number
  /** Left out in the token where it is empty (RFC 6749, 3.3 knows no empty scope). */
  scope: string
  /** Left out where no certificate is required of the organization yet. */
  cnf?: { 'x5t#S256': string }
}

/** A token that counts at the moment, and whose it is. */
export interface LiveToken {
  claims: TokenClaims
  client: Client
}
