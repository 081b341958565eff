import { findTooSlow } from '../upstream/limit-pace.ts'
import type { OpenCalls } from '../upstream/open-calls.ts'
import { findEnded, type ReviewParts } from './review-call.ts'

/** Which calls are open, and what they are judged by. */
export interface SweepCallsParts extends ReviewParts {
  openCalls: OpenCalls
}

/** Ends the open calls that may not go on, and those whose client is too slow; to be called once a second. */
export function sweepCalls(parts: SweepCallsParts): void {
  for (const call of parts.openCalls) {
    const reason = findEnded(parts, call) ?? findTooSlow(call, call.exchange.environment.limits)
    if (reason !== undefined) call.breakOff(reason)
  }
}
