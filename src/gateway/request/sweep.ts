import { type Clock, createForgettingClock, createSteadyClock } from '../../clock.ts'
import type { TokenParts } from '../access/token-parts.ts'
import type { Registry } from '../registry/registry.ts'
import { hasEnded, hasRetired } from '../registry/validity.ts'
import type { Connections } from '../request-context/connections.ts'
import { type SweepCallsParts, sweepCalls } from './sweep-calls.ts'

/** What time alone changes. */
export interface SweepParts extends SweepCallsParts {
  connections: Pick<Connections, 'cutEnded'>
  registry: Registry
  tokens: TokenParts
  clock: Clock
}

const sweepMilliseconds = 1000

/**
 * Handles what time alone changes: connected certificates that expire or whose issuer is retired, expired
 * tokens and their revocations, and open requests that must not continue. Returns the function that stops it.
 */
export function startSweeping(parts: SweepParts): () => void {
  const { connections, registry, clock } = parts
  const steady = createSteadyClock(clock)
  const forgetting = createForgettingClock(clock)
  const timer = setInterval(() => {
    const now = clock.now()
    connections.cutEnded((presented) => {
      const known = registry.findByFingerprint(presented.fingerprint)
      const certificate = known ?? presented.parsed
      return (
        (certificate !== undefined && hasEnded(certificate, now)) ||
        hasRetired(registry.findIssuer(known?.issuerId ?? ''), now)
      )
    })
    sweepCalls(parts)
    registry.forgetTokens(forgetting.now())
    parts.tokens.forgetExpired(steady.now())
  }, sweepMilliseconds)
  return () => clearInterval(timer)
}
