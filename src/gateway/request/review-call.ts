import { PosternError } from '../../errors.ts'
import { assertAllowed, type TokenCheckDependencies } from '../access/authorize-call.ts'
import { getPeer } from '../access/peer.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import { explainDenial } from '../decision/explain-denial.ts'
import type { FailureReport } from '../log/report-failures.ts'
import { findPolicy } from '../registry/find-policy.ts'
import { findStop } from '../registry/organization-status.ts'
import type { Registry } from '../registry/registry.ts'
import type { OpenCall } from '../upstream/open-calls.ts'

/** What open calls are judged by. */
export interface ReviewDependencies extends TokenCheckDependencies {
  registry: Pick<Registry, 'findPolicy' | 'findClient' | 'findOrganization' | 'isTokenRevoked'>
  tokens: Pick<TokenDependencies, 'review' | 'verify' | 'assertBound' | 'isInNetworks'>
  report: Pick<FailureReport, 'failed'>
}

/**
 * Returns why an open request must end: its organization was suspended or closed, its access token was revoked, its API credentials were deleted or
 * limited to other certificates, networks or scopes, or its organization now requires a certificate. An
 * expired token is not a reason: it was valid when the request started.
 */
export function findEnded(dependencies: ReviewDependencies, call: OpenCall): PosternError | undefined {
  const { registry, tokens, report } = dependencies
  const { context, live } = call
  const { environment } = context
  const { clientId, organizationId } = live.client
  const code = findStop(registry, organizationId)
  if (code !== undefined) {
    const denial = { ok: false, code, owner: undefined } as const
    return new PosternError(
      code,
      explainDenial(denial, undefined, { environment: environment.name, now: context.now }),
    )
  }
  const policy = findPolicy(registry, environment, organizationId)
  const isSame =
    registry.findClient(clientId) === live.client &&
    !registry.isTokenRevoked(live.claims.jti) &&
    policy.mode === call.access.policy.mode
  if (isSame) return undefined
  try {
    const now = tokens.review(live, environment.name)
    const access = { ...call.access, policy }
    tokens.assertBound(now, getPeer(context.connection, access))
    assertAllowed(dependencies, context, now)
    call.live = now
    call.access = access
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error
    // A request that cannot be checked must not continue.
    report.failed(context, error)
    return new PosternError(
      'internal_error',
      `The gateway failed to judge the call again. Tell the operator the trace ID ${context.traceId}.`,
      { cause: error },
    )
  }
}
