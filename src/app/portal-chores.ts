import { remindOfRetirements } from '../authority/retire-issuer.ts'
import { readRootListNews } from '../authority/watch-root-list.ts'
import { issueJob } from '../certificates/certificate-jobs.ts'
import { createForgettingClock } from '../clock.ts'
import { enforceDue } from '../enforcement/enforce-due.ts'
import { forgetChanges } from '../storage/forget-changes.ts'
import { forgetOldRows } from '../storage/forget-old-rows.ts'
import type { ReturnWatch } from '../storage/watch-returns.ts'
import { settleEndings } from '../telemetry/settle-endings.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import type { Chore } from './chores.ts'
import { createEndAgain } from './end-again.ts'
import type { Ground } from './portal-ground.ts'
import type { Parts } from './portal-parts.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** Returns the scheduled tasks of a portal. */
export const buildChores = (ground: Ground, parts: Parts, returns: ReturnWatch): Chore[] => [
  ...choresOfNouns(ground, parts),
  ...choresOfForgetting(ground, parts),
  ...choresOfReturns(ground, parts, returns),
]

/** Returns the tasks that publish, check and decide. */
function choresOfNouns({ config, keys, database, clock, log }: Ground, parts: Parts): Chore[] {
  const { environments } = config
  return [
    {
      name: 'publish-revocation-lists',
      everyMilliseconds: minute,
      work: parts.publisher.publishDue,
    },
    // Other portals publish too.
    { name: 'keep-published', everyMilliseconds: minute, work: parts.published.refresh },
    {
      name: 'watch-root-list',
      everyMilliseconds: day,
      async work() {
        const news = await readRootListNews(parts.authorities)
        if (news !== undefined) log[news.level](news.sentence)
      },
    },
    {
      name: 'ensure-signing-keys',
      everyMilliseconds: 60 * minute,
      work: () => ensureSigningKeys(database, environments, keys.gatewayKey, clock),
    },
    {
      name: 'take-audit-checkpoint',
      everyMilliseconds: 10 * minute,
      work: parts.takeCheckpoint,
    },
    { name: 'write-access-summary', everyMilliseconds: minute, work: parts.access.flush },
    {
      name: 'verify-audit',
      everyMilliseconds: 60 * minute,
      async work() {
        // The first checkpoint of a new log is created before the log is verified with it; its own task
        // reports a failure.
        await parts.takeCheckpoint().catch(() => {})
        await parts.watch.verify()
      },
    },
    {
      name: 'remind-of-retirements',
      everyMilliseconds: 60 * minute,
      work: () => remindOfRetirements(parts.authorities),
    },
    {
      name: 'enforce-due',
      everyMilliseconds: 5000,
      work: () => enforceDue(parts.enforcing, parts.environments),
    },
  ]
}

/** Returns the tasks that delete old data, a day later than necessary. */
function choresOfForgetting({ config, database, clock }: Ground, parts: Parts): Chore[] {
  const forgetting = createForgettingClock(clock)
  return [
    {
      name: 'forget-readiness',
      everyMilliseconds: 60 * minute,
      work: () => parts.enforcing.readiness.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-refusals',
      everyMilliseconds: 60 * minute,
      work: () => parts.refusals.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-usage',
      everyMilliseconds: 10 * minute,
      work: () => parts.usage.forgetOld(config.usageRetention, forgetting.now()),
    },
    {
      name: 'forget-changes',
      everyMilliseconds: 60 * minute,
      work: () => forgetChanges(database.queries, forgetting.now()),
    },
    {
      name: 'forget-old-rows',
      everyMilliseconds: 60 * minute,
      // Failed issuing jobs are kept as long as their certificate waits for them.
      work: () => forgetOldRows(database.queries, [issueJob], forgetting.now()),
    },
    {
      name: 'forget-gateways',
      everyMilliseconds: 60 * minute,
      work: () => parts.gateways.forgetGone(forgetting.now()),
    },
  ]
}

/** Returns the tasks for a store that was restored to an older state. */
function choresOfReturns({ config, database }: Ground, parts: Parts, returns: ReturnWatch): Chore[] {
  const endAgain = createEndAgain(parts, database)
  return [
    { name: 'watch-returns', everyMilliseconds: 2000, work: returns.look },
    {
      name: 'settle-endings',
      everyMilliseconds: 2000,
      work: () => settleEndings({ ...parts, endAgain, portalUrl: config.portal.url }),
    },
  ]
}
