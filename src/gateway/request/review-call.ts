import { PosternError } from '../../errors.ts'
import { assertAllowed, type TokenCheckParts } from '../access/authorize-call.ts'
import { callerOf } from '../access/caller.ts'
import type { TokenParts } from '../access/token-parts.ts'
import type { FailureReport } from '../log/report-failures.ts'
import { findPlan } from '../registry/find-plan.ts'
import type { Registry } from '../registry/registry.ts'
import type { OpenCall } from '../upstream/open-calls.ts'

/** What open calls are judged by. */
export interface ReviewParts extends TokenCheckParts {
  registry: Pick<Registry, 'findPlan' | 'findClient' | 'isTokenRevoked'>
  tokens: Pick<TokenParts, 'review' | 'verify' | 'assertBound' | 'isInNetworks'>
  report: Pick<FailureReport, 'failed'>
}

/**
 * Returns why an open request must end: its access token was revoked, its API credentials were deleted or
 * limited to other certificates, networks or scopes, or its organization now requires a certificate. An
 * expired token is not a reason: it was valid when the request started.
 */
export function findEnded(parts: ReviewParts, call: OpenCall): PosternError | undefined {
  const { registry, tokens, report } = parts
  const { exchange, live } = call
  const { environment } = exchange
  const { clientId, organizationId } = live.client
  const plan = findPlan(registry, environment, organizationId)
  const isSame =
    registry.findClient(clientId) === live.client &&
    !registry.isTokenRevoked(live.claims.jti) &&
    plan.mode === call.access.plan.mode
  if (isSame) return undefined
  try {
    const now = tokens.review(live, environment.name)
    const access = { ...call.access, plan }
    tokens.assertBound(now, callerOf(exchange.connection, access))
    assertAllowed(parts, exchange, now)
    call.live = now
    call.access = access
    return undefined
  } catch (error) {
    if (error instanceof PosternError) return error
    // A request that cannot be checked must not continue.
    report.failed(exchange, error)
    return new PosternError(
      'internal_error',
      `The gateway failed to judge the call again. Tell the operator the trace id ${exchange.traceId}.`,
      { cause: error },
    )
  }
}
