import type { GatewayParts } from './gateway-parts.ts'
import { findTooSlow } from './limit-pace.ts'
import { findEnded } from './review-call.ts'

/** Ends the open calls that may not go on, and those whose client is too slow; to be called once a second. */
export function sweepCalls(parts: Pick<GatewayParts, 'registry' | 'tokens' | 'openCalls' | 'report'>): void {
  for (const call of parts.openCalls) {
    const reason = findEnded(parts, call) ?? findTooSlow(call, call.environment.limits)
    if (reason !== undefined) call.breakOff(reason)
  }
}
