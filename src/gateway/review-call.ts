import { PosternError } from '../errors.ts'
import { assertStillAuthorized } from './authorize-call.ts'
import { findPlan } from './find-plan.ts'
import type { GatewayParts } from './gateway-parts.ts'
import type { OpenCall } from './open-calls.ts'

/**
 * Why an open call may not go on: its access token was revoked, its API credentials were deleted or limited to
 * other certificates, networks or scopes, or its organization has come to need a certificate. That the token
 * expires meanwhile is no reason: it opened the call while it was good.
 */
export function findEnded(
  { registry, tokens, report }: Pick<GatewayParts, 'registry' | 'tokens' | 'report'>,
  call: OpenCall,
): PosternError | undefined {
  const { exchange, environment, live } = call
  const { clientId, organizationId } = live.client
  const plan = findPlan(registry, environment, organizationId)
  const isSame =
    registry.findClient(clientId) === live.client &&
    !registry.isTokenRevoked(live.claims.jti) &&
    plan.mode === exchange.plan?.mode
  if (isSame) return undefined
  try {
    const now = tokens.review(live, environment.name)
    assertStillAuthorized({ tokens }, environment, { ...exchange, plan }, now)
    call.live = now
    exchange.plan = plan
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
