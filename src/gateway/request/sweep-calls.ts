import { findTooSlow } from '../upstream/limit-pace.ts'
import type { OpenCalls } from '../upstream/open-calls.ts'
import { findEnded, type ReviewParts } from './review-call.ts'

/** Which calls are open, and what they are judged by. */
export interface SweepCallsParts extends ReviewParts {
  openCalls: OpenCalls
}

/**
 * Ends the open requests that must not continue, and those whose client is too slow; called once per second.
 */
export function sweepCalls(parts: SweepCallsParts): void {
  for (const call of parts.openCalls) {
    const reason = findEnded(parts, call) ?? findTooSlow(call, call.exchange.environment.limits)
    if (reason !== undefined) call.breakOff(reason)
  }
}
