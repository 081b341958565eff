import type { BlockList } from 'node:net'
import type { Profile } from '../../contract/environment.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Caller } from '../../shapes/caller.ts'
import type { EndpointAnswer } from '../../shapes/endpoint-answer.ts'
import type { LiveToken } from '../../shapes/live-token.ts'
import type { TokenRequest } from '../../shapes/token-request.ts'

/** What the gateway asks of the token code; it is handed over where the process is put together. */
export interface TokenParts {
  /** The endpoints that want a form and answer with JSON. */
  endpoints: Record<'token' | 'introspect' | 'revoke', (request: TokenRequest) => Promise<EndpointAnswer>>
  /** Throws a PosternError of a `token_…` code for a token that does not count now. */
  verify(
    token: string,
    use: { issuer: { environment: string; url: string }; now: number },
  ): Promise<LiveToken>
  /** A token that was verified before, with what its credentials may do now. Throws `token_revoked` where it ended before its time. */
  review(token: LiveToken, environment: string): LiveToken
  /** Throws `token_certificate_mismatch` unless the token may be used by the caller. */
  assertBound(token: LiveToken, caller: Caller): void
  /** The client that a request to an endpoint says it is from; nobody has proven it. */
  findClientId(request: Pick<TokenRequest, 'headers' | 'pathClientId' | 'body'>): string | undefined
  /** Whether an address lies in one of the networks; null means any. */
  isInNetworks(networks: BlockList | null, address: string): boolean
  /** Forgets what is known of the tokens of a certificate. */
  forget(thumbprint: string): void
  /** The assertions that this process has taken, by the names that they are remembered under. */
  listUsedAssertions(): { id: string; expiresAt: number }[]
  /** Forgets what is known of tokens that have expired. */
  forgetExpired(now: number): void
  /** Puts bytes that are kept beside a token on the account of its organization; false where they are not to be kept. */
  charge(claims: object, bytes: number): boolean
  /** Any refusal as an OAuth endpoint writes it. */
  refuse(error: { code: ErrorCode; message: string }, profile: Profile): EndpointAnswer
  metadata(url: string, scopes: readonly string[], profile: Profile): object
  jwks(environment: string, now: number): object
}
