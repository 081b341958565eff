import { type Check, createReadiness, type Problem, type Readiness } from '../monitoring/readiness.ts'
import type { PlatformDependencies } from '../platform/platform-routes.ts'
import { isClockOff } from '../storage/find-clock-problem.ts'
import { readStoreClock } from '../storage/store-clock.ts'
import { findHold } from '../storage/store-hold.ts'
import type { AuditExport } from './portal-audit-export.ts'
import type { BaseDependencies } from './portal-ground.ts'

/** What is looked at seldom: a token, the clocks and the CRLs. */
const seldomMs = 30_000
/** Each look at the journal writes to the disk. */
const journalMs = 10_000
/** A target of the audit export that lacks rows for so long is told. */
const maxExportLagMs = 10 * 60_000

const problem = (code: Problem['code'], isBlocking: boolean): Problem => ({ code, isBlocking })

/**
 * Creates the readiness of a portal process. Only what another portal could do better makes it unready: users
 * need it to mend a token that is away or a CRL that has expired.
 */
export function createPortalReadiness(
  {
    database: { queries },
    journal,
    hsm,
    clock,
  }: Pick<BaseDependencies, 'database' | 'hsm' | 'clock'> & {
    journal: Pick<BaseDependencies['journal'], 'countUnwritable'>
  },
  { listAuthorities }: Pick<PlatformDependencies, 'listAuthorities'>,
  { auditExport }: { auditExport: Pick<AuditExport, 'listLags'> },
  patienceMs?: number,
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
  checks.push(
    {
      // Without a journal nothing can be revoked here.
      async find() {
        const { unwritable, all } = await journal.countUnwritable()
        if (unwritable === 0) return []
        return [
          unwritable === all ? problem('journal_unwritable', true) : problem('journal_incomplete', false),
        ]
      },
      maxAgeMs: journalMs,
    },
    {
      // It is so on every host, and revocations are still accepted.
      find: async () => ((await findHold(queries)) === undefined ? [] : [problem('store_held', false)]),
      maxAgeMs: seldomMs,
    },
    {
      async find() {
        const behind = clock.now() - maxExportLagMs
        const isBehind = (await auditExport.listLags()).some(({ since }) => since !== null && since < behind)
        return isBehind ? [problem('audit_export_behind', false)] : []
      },
      maxAgeMs: seldomMs,
    },
  )
  if (hsm === undefined) return createReadiness(checks, patienceMs)
  const isHsmAway: Check = {
    async find() {
      await hsm.check()
      return []
    },
    whenUnknown: problem('signer_unavailable', false),
    maxAgeMs: seldomMs,
  }
  return createReadiness([...checks, isHsmAway], patienceMs)
}
