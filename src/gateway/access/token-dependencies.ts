import type { BlockList } from 'node:net'
import type { DenialCode } from '../../contract/denial-codes.ts'
import type { Profile } from '../../contract/environment.ts'
import type { ActiveToken } from '../../shapes/active-token.ts'
import type { EndpointAnswer } from '../../shapes/endpoint-answer.ts'
import type { Peer } from '../../shapes/peer.ts'
import type { TokenRequest } from '../../shapes/token-request.ts'

/** What the gateway needs of the token code; injected where the process is composed. */
export interface TokenDependencies {
  /** The endpoints that require a form and respond with JSON. */
  endpoints: Record<'token' | 'introspect' | 'revoke', (request: TokenRequest) => Promise<EndpointAnswer>>
  /** Throws a PosternError with a `token_…` code for a token that is not valid now. */
  verify(
    token: string,
    use: { issuer: { environment: string; url: string }; now: number },
  ): Promise<ActiveToken>
  /**
   * Returns a verified token with the current limits of its credentials. Throws `token_revoked` if it was
   * revoked before its expiry.
   */
  review(token: ActiveToken, environment: string): ActiveToken
  /** Throws `token_certificate_mismatch` unless the client may use the token. */
  assertBound(token: ActiveToken, peer: Peer): void
  /** Returns the unverified client of a request to an endpoint. */
  findClientId(request: Pick<TokenRequest, 'headers' | 'pathClientId' | 'body'>): string | undefined
  /** Returns whether an address is in one of the networks; null means any. */
  isInNetworks(networks: BlockList | null, address: string): boolean
  /** Deletes what is cached for the tokens of a certificate. */
  forget(thumbprint: string): void
  /** Lists the assertions that this process has accepted, by the names under which they are stored. */
  listUsedAssertions(): { id: string; expiresAt: number }[]
  /** Deletes what is cached for expired tokens. */
  forgetExpired(now: number): void
  /** Charges the bytes that are cached for a token to its organization; false if they must not be cached. */
  charge(claims: object, bytes: number): boolean
  /** Formats any error as an OAuth endpoint does. */
  refuse(
    error: { code: DenialCode; message: string },
    answer: { profile: Profile; traceId: string },
  ): EndpointAnswer
  metadata(url: string, scopes: readonly string[], profile: Profile): object
  jwks(environment: string, now: number): object
}
