import { type Check, createReadiness, type Problem, type Readiness } from '../monitoring/readiness.ts'
import type { PlatformDependencies } from '../platform/platform-routes.ts'
import { isClockOff } from '../storage/find-clock-problem.ts'
import { readStoreClock } from '../storage/store-clock.ts'
import type { BaseDependencies } from './portal-ground.ts'

/** What is looked at seldom: a token, the clocks and the CRLs. */
const seldomMs = 30_000

const problem = (code: Problem['code'], isBlocking: boolean): Problem => ({ code, isBlocking })

/**
 * Creates the readiness of a portal process. Only what another portal could do better makes it unready: users
 * need it to mend a token that is away or a CRL that has expired.
 */
export function createPortalReadiness(
  { database: { queries }, hsm, clock }: Pick<BaseDependencies, 'database' | 'hsm' | 'clock'>,
  { listAuthorities }: Pick<PlatformDependencies, 'listAuthorities'>,
): Readiness {
  const checks: Check[] = [
    {
      async find() {
        await readStoreClock(queries)
        return []
      },
      whenUnknown: problem('store_unreachable', true),
    },
    {
      find: async () => ((await isClockOff(queries, clock.now())) ? [problem('clock_wrong', true)] : []),
      maxAgeMs: seldomMs,
    },
    {
      async find() {
        const lists = (await listAuthorities()).map(({ list }) => list)
        const isExpired = lists.some((list) => list !== undefined && list.nextUpdate <= clock.now())
        return isExpired ? [problem('crl_expired', false)] : []
      },
      maxAgeMs: seldomMs,
    },
  ]
  if (hsm === undefined) return createReadiness(checks)
  const isHsmAway: Check = {
    async find() {
      await hsm.check()
      return []
    },
    whenUnknown: problem('signer_unavailable', false),
    maxAgeMs: seldomMs,
  }
  return createReadiness([...checks, isHsmAway])
}
