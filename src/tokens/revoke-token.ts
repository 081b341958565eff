import type { TokenRequest } from '../shapes/token-request.ts'
import type { AuthenticateParts } from './authenticate-client.ts'
import type { EndpointReply } from './endpoint-answer.ts'
import { findLive, requireToken } from './introspect-token.ts'
import { OAuthError } from './oauth-error.ts'
import { authenticate, readForm } from './token-request.ts'
import type { VerifyParts } from './verify-access-token.ts'

/** What tokens are revoked with. */
export interface RevokeParts extends AuthenticateParts, VerifyParts {
  /** Done when every gateway will learn of it. */
  storeRevocation(revocation: {
    tokenId: string
    environment: string
    expiresAt: number
    revokedAt: number
  }): Promise<void>
}

/**
 * Revokes a token of the client that asks (RFC 7009). A token that does not count is no error; one of
 * another client is. Throws OAuthError, and `storage_unavailable` where it could not be made to last.
 */
export async function revokeToken(parts: RevokeParts, request: TokenRequest): Promise<EndpointReply<object>> {
  const parameters = readForm(request)
  const { clientId, credentialId } = await authenticate(parts, request, parameters)
  // What a wrong clock calls expired counts again once the clock is right.
  const use = { issuer: request.issuer, now: request.now, isClockDoubtful: true }
  const live = await findLive(parts, requireToken(parameters), use)
  if (live !== undefined && live.claims.client_id !== clientId)
    throw new OAuthError('unauthorized_client', 'This access token was issued to another client.', {
      clientId,
    })
  if (live !== undefined) {
    await parts.storeRevocation({
      tokenId: live.claims.jti,
      environment: request.issuer.environment,
      expiresAt: live.claims.exp * 1000,
      revokedAt: request.now,
    })
  }
  return { reply: {}, clientId, credentialId }
}
