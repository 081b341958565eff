import { findTooSlow } from '../upstream/limit-pace.ts'
import type { OpenCalls } from '../upstream/open-calls.ts'
import { findEnded, type ReviewDependencies } from './review-call.ts'

/** Which calls are open, and what they are judged by. */
export interface SweepCallsDependencies extends ReviewDependencies {
  openCalls: OpenCalls
}

/**
 * Ends the open requests that must not continue, and those whose client is too slow; called once per second.
 */
export function sweepCalls(dependencies: SweepCallsDependencies): void {
  for (const call of dependencies.openCalls) {
    const reason = findEnded(dependencies, call) ?? findTooSlow(call, call.context.environment.limits)
    if (reason !== undefined) call.breakOff(reason)
  }
}
