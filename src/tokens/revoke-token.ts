import type { TokenRequest } from '../shapes/token-request.ts'
import type { AuthenticateDependencies } from './authenticate-client.ts'
import type { EndpointReply } from './endpoint-answer.ts'
import { findActiveToken, requireToken } from './introspect-token.ts'
import { OAuthError } from './oauth-error.ts'
import { authenticate, readForm } from './token-request.ts'
import type { VerifyDependencies } from './verify-access-token.ts'

/** The dependencies of token revocation. */
export interface RevokeDependencies extends AuthenticateDependencies, VerifyDependencies {
  /** Resolves when every gateway will learn of it. */
  storeRevocation(revocation: {
    tokenId: string
    environment: string
    expiresAt: number
    revokedAt: number
  }): Promise<void>
}

/**
 * Revokes a token of the requesting client (RFC 7009). An invalid token is no error; one of another client
 * is. Throws OAuthError, and `storage_unavailable` if the revocation could not be stored.
 */
export async function revokeToken(
  dependencies: RevokeDependencies,
  request: TokenRequest,
): Promise<EndpointReply<object>> {
  const parameters = readForm(request)
  const { clientId, credentialId } = await authenticate(dependencies, request, parameters)
  // A token that a wrong clock treats as expired is valid again once the clock is correct.
  const use = { issuer: request.issuer, now: request.now, isClockDoubtful: true }
  const live = await findActiveToken(dependencies, requireToken(parameters), use)
  if (live !== undefined && live.claims.client_id !== clientId)
    throw new OAuthError('unauthorized_client', 'This access token was issued to another client.', {
      clientId,
    })
  if (live !== undefined) {
    await dependencies.storeRevocation({
      tokenId: live.claims.jti,
      environment: request.issuer.environment,
      expiresAt: live.claims.exp * 1000,
      revokedAt: request.now,
    })
  }
  return { reply: {}, clientId, credentialId }
}
