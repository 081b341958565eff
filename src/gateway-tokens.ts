import type { Registry } from './gateway/registry.ts'
import type { TokenParts } from './gateway/token-parts.ts'
import type { UsageWriter } from './telemetry/usage-writer.ts'
import { answerEndpoint } from './tokens/endpoint-answer.ts'
import { introspectToken } from './tokens/introspect-token.ts'
import { issueToken } from './tokens/issue-token.ts'
import { isInNetworks } from './tokens/match-network.ts'
import { authorizationServerMetadata } from './tokens/metadata.ts'
import { revokeToken } from './tokens/revoke-token.ts'
import type { SigningKeys } from './tokens/signing-keys.ts'
import { createSlowDown } from './tokens/slow-down.ts'
import { createTokenCache } from './tokens/token-cache.ts'
import { findClientId } from './tokens/token-request.ts'
import { assertBound, reviewAccessToken, verifyAccessToken } from './tokens/verify-access-token.ts'

/** Puts the token code together with the registry that it asks and the writer that makes revocations last. */
export function createTokenParts({
  registry,
  signingKeys,
  writer,
  catchUp,
}: {
  registry: Registry
  signingKeys: SigningKeys
  writer: Pick<UsageWriter, 'revokeToken'>
  catchUp: () => Promise<void>
}): TokenParts {
  const cache = createTokenCache()
  const parts = {
    signingKeys,
    cache,
    slowDown: createSlowDown(),
    findClient: registry.findClient,
    catchUp,
    isTokenRevoked: registry.isTokenRevoked,
    async storeRevocation(revocation: Parameters<UsageWriter['revokeToken']>[0]) {
      await writer.revokeToken(revocation)
      registry.revokeToken(revocation.tokenId, revocation.expiresAt)
    },
  }
  return {
    endpoints: {
      token: (request) => answerEndpoint(() => issueToken(parts, request)),
      introspect: (request) => answerEndpoint(() => introspectToken(parts, request)),
      revoke: (request) => answerEndpoint(() => revokeToken(parts, request)),
    },
    verify: (token, use) => verifyAccessToken(parts, token, use),
    review: ({ claims, client: { clientId } }, environment) =>
      reviewAccessToken(parts, claims, { clientId, environment }),
    assertBound,
    findClientId,
    isInNetworks,
    forget: cache.forget,
    metadata: authorizationServerMetadata,
    jwks: signingKeys.toJwks,
  }
}
