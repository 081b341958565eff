import { getHeapStatistics } from 'node:v8'
import type { TokenDependencies } from '../gateway/access/token-dependencies.ts'
import { isInForce } from '../gateway/decision/check-certificate.ts'
import type { GatewayEnvironment } from '../gateway/environment/gateway-environment.ts'
import { findPolicy } from '../gateway/registry/find-policy.ts'
import type { Registry } from '../gateway/registry/registry.ts'
import type { UsageWriter } from '../telemetry/usage-writer.ts'
import { answerEndpoint, rejectEndpoint } from '../tokens/endpoint-answer.ts'
import { introspectToken } from '../tokens/introspect-token.ts'
import { issueToken } from '../tokens/issue-token.ts'
import { isInNetworks } from '../tokens/match-network.ts'
import { authorizationServerMetadata } from '../tokens/metadata.ts'
import { revokeToken } from '../tokens/revoke-token.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'
import type { SlowDown } from '../tokens/slow-down.ts'
import { createSpendAssertion } from '../tokens/spend-assertion.ts'
import { createTokenCache, limitsOfHeap } from '../tokens/token-cache.ts'
import { findClientId } from '../tokens/token-request.ts'
import { createUsedAssertions } from '../tokens/used-assertions.ts'
import {
  assertBound,
  reviewAccessToken,
  type UseDependencies,
  verifyAccessToken,
} from '../tokens/verify-access-token.ts'

/** Composes the token code with the registry that it reads and the writer that makes revocations durable. */
export function createTokenDependencies({
  registry,
  signingKeys,
  writer,
  catchUp,
  environments,
  slowDown,
}: {
  registry: Registry
  signingKeys: SigningKeys
  writer: Pick<UsageWriter, 'revokeToken' | 'spendAssertion'>
  catchUp: () => Promise<void>
  environments: readonly IntrospectedEnvironment[]
  slowDown: SlowDown
}): TokenDependencies {
  const cache = createTokenCache(limitsOfHeap(getHeapStatistics().heap_size_limit))
  const usedAssertions = createUsedAssertions()
  const parts = {
    signingKeys,
    cache,
    slowDown,
    findClient: registry.findClient,
    catchUp,
    isTokenRevoked: registry.isTokenRevoked,
    ...createUseDependencies(registry, environments),
    spendAssertion: createSpendAssertion(usedAssertions, writer),
    async storeRevocation(revocation: Parameters<UsageWriter['revokeToken']>[0]) {
      await writer.revokeToken(revocation)
      registry.revokeToken(revocation.tokenId, revocation.expiresAt)
    },
  }
  return {
    endpoints: {
      token: (request) => answerEndpoint(request, () => issueToken(parts, request)),
      introspect: (request) => answerEndpoint(request, () => introspectToken(parts, request)),
      revoke: (request) => answerEndpoint(request, () => revokeToken(parts, request)),
    },
    verify: (token, use) => verifyAccessToken(parts, token, use),
    review: ({ claims, client: { clientId } }, environment) =>
      reviewAccessToken(parts, claims, { clientId, environment }),
    assertBound,
    findClientId,
    isInNetworks,
    forget: cache.forget,
    listUsedAssertions: usedAssertions.list,
    forgetExpired(now) {
      cache.forgetExpired(now)
      usedAssertions.forgetExpired(now)
    },
    charge: cache.charge,
    refuse: rejectEndpoint,
    metadata: authorizationServerMetadata,
    jwks: signingKeys.toJwks,
  }
}

/** The properties of an environment that determine client decisions. */
type IntrospectedEnvironment = Pick<
  GatewayEnvironment,
  'name' | 'externalCertificates' | 'externalStatus' | 'enforcement' | 'profile'
>

/** Decides by the registry about clients without a request, as a request of theirs would be decided. */
function createUseDependencies(registry: Registry, all: readonly IntrospectedEnvironment[]): UseDependencies {
  const environments = new Map(all.map((environment) => [environment.name, environment]))
  return {
    findCertificate(thumbprint, name, now) {
      const environment = environments.get(name)
      const found = registry.findByFingerprint(Buffer.from(thumbprint, 'base64url').toString('hex'))
      if (environment === undefined || found === undefined) return undefined
      return isInForce(found, environment, registry, now) ? { ...found, thumbprint } : undefined
    },
    isBindingRequired(organizationId, name) {
      const environment = environments.get(name)
      return environment === undefined || findPolicy(registry, environment, organizationId).mode === 'enforce'
    },
  }
}
