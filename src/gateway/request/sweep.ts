import { type Clock, createExpiringClock, createMonotonicClock } from '../../clock.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import { hasMigrated, isExcepted, isExternal } from '../registry/registered-migration.ts'
import type { Registry } from '../registry/registry.ts'
import { hasEnded, hasRetired } from '../registry/validity.ts'
import type { Connections } from '../request-context/connections.ts'
import { type SweepCallsDependencies, sweepCalls } from './sweep-calls.ts'

/** What time alone changes. */
export interface SweepDependencies extends SweepCallsDependencies {
  connections: Pick<Connections, 'cutEnded'>
  registry: Registry
  tokens: TokenDependencies
  clock: Clock
}

const sweepMs = 1000
/** All of them are looked through. */
const forgetStatusesMs = 3_600_000

/**
 * Handles what time alone changes: connected certificates that expire or whose issuer is retired, expired
 * tokens and their revocations, and open requests that must not continue. Returns the function that stops it.
 */
export function startSweeping(dependencies: SweepDependencies): () => void {
  const { connections, registry, clock } = dependencies
  const steady = createMonotonicClock(clock)
  const forgetting = createExpiringClock(clock)
  let forgotStatusesAt = 0
  const timer = setInterval(() => {
    const now = clock.now()
    connections.cutEnded((presented) => {
      const known = registry.findByFingerprint(presented.fingerprint)
      const certificate = known ?? presented.parsed
      return (
        (certificate !== undefined && hasEnded(certificate, now)) ||
        hasRetired(registry.findIssuer(known?.issuerId ?? ''), now) ||
        (known !== undefined && hasPlannedEnd(registry, known, now))
      )
    })
    sweepCalls(dependencies)
    const ended = forgetting.now()
    registry.forgetTokens(ended)
    // Also after a clock that was ahead is set back.
    if (Math.abs(ended - forgotStatusesAt) >= forgetStatusesMs) {
      registry.forgetExternalStatuses(ended)
      forgotStatusesAt = ended
    }
    dependencies.tokens.forgetExpired(steady.now())
  }, sweepMs)
  return () => clearInterval(timer)
}

/** Returns whether the plan of its organization, or the end of its exception, ends a certificate. */
function hasPlannedEnd(registry: Registry, certificate: RegisteredCertificate, now: number): boolean {
  const migration = registry.findMigration(certificate.organizationId, certificate.environment)
  const issuer = registry.findIssuer(certificate.issuerId)
  if (isExternal(certificate, issuer) && hasMigrated(migration, now)) return true
  return certificate.isServerOnly && !isExcepted(migration, now)
}
