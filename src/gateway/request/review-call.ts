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
 * Why an open call may not go on: its access token was revoked, its API credentials were deleted or limited to
 * other certificates, networks or scopes, or its organization has come to need a certificate. That the token
 * expires meanwhile is no reason: it opened the call while it was good.
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
    // Nobody can vouch for a call that cannot be judged.
    report.failed(exchange, error)
    return new PosternError(
      'internal_error',
      `The gateway failed to judge the call again. Tell the operator the trace id ${exchange.traceId}.`,
      { cause: error },
    )
  }
}
