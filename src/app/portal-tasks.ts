import { remindOfRetirements } from '../authority/retire-issuer.ts'
import { readRootListNews } from '../authority/watch-root-list.ts'
import { createBackupStore } from '../backup/backup-store.ts'
import { describeLate, findLateBackups } from '../backup/find-late-backups.ts'
import { issueJob } from '../certificates/certificate-jobs.ts'
import { cancelAbandonedDrafts } from '../certificates/issuance/cancel-abandoned-drafts.ts'
import { markLapsed, repairCounts } from '../certificates/keep-lists-store.ts'
import { describeExternal } from '../certificates/registration/describe-external-store.ts'
import { createExpiringClock, createMonotonicClock } from '../clock.ts'
import { enforceDue } from '../enforcement/enforce-due.ts'
import { tellOfExpiry } from '../expiry/tell-of-expiry.ts'
import { followPlans } from '../migration-plans/follow-plans.ts'
import { createOverlapEnd } from '../rotations/end-overlaps.ts'
import { retireDue } from '../rotations/retire-certificate.ts'
import { systemActor } from '../shapes/actor.ts'
import { deleteOldChanges } from '../storage/delete-old-changes.ts'
import { deleteOldRows } from '../storage/delete-old-rows.ts'
import type { RestoreWatch } from '../storage/watch-returns.ts'
import { findGoneMs } from '../telemetry/judge-gateways.ts'
import { settleLostRevocations } from '../telemetry/settle-lost-revocations.ts'
import { ensureSigningKeys } from '../tokens/signing-key-store.ts'
import type { Dependencies } from './portal-dependencies.ts'
import type { BaseDependencies } from './portal-ground.ts'
import { createRevokeAgain } from './revoke-again.ts'
import type { ScheduledTask } from './scheduled-tasks.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** Returns the scheduled tasks of a portal. Each may be run again, or by two portals at once: the lease only spares work. */
export const buildScheduledTasks = (
  base: BaseDependencies,
  dependencies: Dependencies,
  returns: RestoreWatch,
): ScheduledTask[] => [
  ...listDomainTasks(base, dependencies),
  ...listRetentionTasks(base, dependencies),
  ...listRestoreTasks(base, dependencies, returns),
  ...dependencies.auditExport.tasks,
  ...dependencies.webhooks.tasks,
  ...dependencies.externalStatus.tasks,
  ...dependencies.signalling.tasks,
]

/** Returns the tasks that publish, check and decide. */
function listDomainTasks(
  { config, keys, database, clock, log }: BaseDependencies,
  dependencies: Dependencies,
): ScheduledTask[] {
  const { environments } = config
  const steady = createMonotonicClock(clock)
  return [
    // A portal that cannot sign must not keep others from it.
    {
      name: 'publish-revocation-lists',
      everyMs: minute,
      everywhere: true,
      work: dependencies.publisher.publishDue,
    },
    // A portal whose keys are away must not keep others from it.
    {
      name: 'keep-ocsp-responders',
      everyMs: minute,
      everywhere: true,
      work: dependencies.keepResponders,
    },
    // Other portals publish too.
    { name: 'keep-published', everyMs: minute, everywhere: true, work: dependencies.published.refresh },
    {
      name: 'watch-root-list',
      everyMs: day,
      async work() {
        const news = await readRootListNews(dependencies.authorities)
        if (news !== undefined) log[news.level](news.sentence)
      },
    },
    {
      name: 'ensure-signing-keys',
      everyMs: 60 * minute,
      work: () => ensureSigningKeys(database, environments, keys.gatewayKey, clock),
    },
    {
      name: 'take-audit-checkpoint',
      everyMs: 10 * minute,
      // Each machine keeps files and a log of its own.
      everywhere: true,
      work: dependencies.takeCheckpoint,
    },
    { name: 'share-request-counts', everyMs: 1000, everywhere: true, work: dependencies.requests.exchange },
    { name: 'write-access-summary', everyMs: minute, everywhere: true, work: dependencies.access.flush },
    { name: 'erase-people', everyMs: 5000, work: dependencies.erasePeople },
    { name: 'write-api-key-use', everyMs: minute, everywhere: true, work: dependencies.apiKeyUses.flush },
    {
      name: 'verify-audit',
      everyMs: 60 * minute,
      // Of several machines, the one that was broken into does not tell on itself.
      everywhere: true,
      async work() {
        // The first checkpoint of a new log is created before the log is verified with it; its own task
        // reports a failure.
        await dependencies.takeCheckpoint().catch(() => {})
        await dependencies.watch.verify()
      },
    },
    {
      name: 'remind-of-retirements',
      everyMs: 60 * minute,
      work: () => remindOfRetirements(dependencies.authorities),
    },
    { name: 'tell-of-expiry', everyMs: 20_000, work: () => tellOfExpiry(dependencies.telling) },
    {
      name: 'cancel-abandoned-drafts',
      everyMs: 10 * minute,
      work: () => cancelAbandonedDrafts({ abandoned: dependencies.abandoned, clock: steady }),
    },
    {
      name: 'mark-expired-certificates',
      everyMs: minute,
      work: () => markLapsed(database, clock.now()),
    },
    {
      name: 'check-certificate-counts',
      everyMs: day,
      async work() {
        const corrected = await repairCounts(database)
        if (corrected.length > 0)
          log.warn(
            { organizations: corrected.slice(0, 10) },
            `The number of certificates was wrong for ${corrected.length} organizations and has been corrected.`,
          )
      },
    },
    {
      name: 'enforce-due',
      everyMs: 5000,
      work: () =>
        enforceDue(dependencies.enforcing, dependencies.environments, (error) =>
          dependencies.onFailure('enforce-due', error),
        ),
    },
    {
      name: 'watch-gateways',
      everyMs: 5000,
      work: () =>
        dependencies.gatewayWatch.look(
          clock.now(),
          findGoneMs(config.gateway.staleSeconds, config.environments),
        ),
    },
    {
      name: 'retire-due',
      everyMs: 5000,
      work: () =>
        retireDue(dependencies.rotating, systemActor('rotation'), (error) =>
          dependencies.onFailure('retire-due', error),
        ),
    },
    {
      name: 'end-overlaps',
      everyMs: minute,
      work: createOverlapEnd(dependencies.rotating, systemActor('overlap'), (error) =>
        dependencies.onFailure('end-overlaps', error),
      ),
    },
    {
      name: 'follow-migrations',
      everyMs: 5000,
      work: () =>
        followPlans(dependencies.migrating, dependencies.environments, (error) =>
          dependencies.onFailure('follow-migrations', error),
        ),
    },
    {
      name: 'describe-external-certificates',
      everyMs: minute,
      work: () => describeExternal(database),
    },
  ]
}

/** Returns the tasks that delete old data, a day later than necessary. */
function listRetentionTasks(
  { config, database, clock }: BaseDependencies,
  dependencies: Dependencies,
): ScheduledTask[] {
  const forgetting = createExpiringClock(clock)
  return [
    {
      name: 'forget-readiness',
      everyMs: 60 * minute,
      work: () => dependencies.enforcing.readiness.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-refusals',
      everyMs: 60 * minute,
      work: () => dependencies.refusals.forgetOld(forgetting.now() - config.usageRetention.hour),
    },
    {
      name: 'forget-usage',
      everyMs: 10 * minute,
      work: () => dependencies.usage.forgetOld(config.usageRetention, forgetting.now()),
    },
    {
      name: 'forget-changes',
      everyMs: 60 * minute,
      work: () => deleteOldChanges(database.queries, forgetting.now()),
    },
    {
      name: 'forget-old-rows',
      everyMs: 60 * minute,
      // Failed issuing jobs are kept as long as their certificate waits for them.
      work: () => deleteOldRows(database.queries, [issueJob], forgetting.now()),
    },
    {
      name: 'forget-attempts',
      everyMs: minute,
      work: async () => dependencies.attempts?.forgetOld(clock.now()),
    },
    {
      name: 'forget-gateways',
      everyMs: 60 * minute,
      work: () => dependencies.gateways.forgetGone(forgetting.now()),
    },
  ]
}

/** Returns the tasks for a store that was restored to an older state. */
function listRestoreTasks(
  { config, database, journal, clock, log }: BaseDependencies,
  dependencies: Dependencies,
  returns: RestoreWatch,
): ScheduledTask[] {
  const endAgain = createRevokeAgain(dependencies, database)
  return [
    { name: 'watch-returns', everyMs: 2000, everywhere: true, work: returns.look },
    {
      name: 'watch-backups',
      everyMs: 60 * minute,
      async work() {
        const { ages } = config.backup
        if (ages === null) return
        const state = await createBackupStore(database).findState()
        for (const late of findLateBackups(state, ages, clock.now())) log.warn(late, describeLate(late))
      },
    },
    // Gateways and commands change the store too.
    { name: 'write-journal', everyMs: 2000, everywhere: true, work: journal.catchUp },
    {
      name: 'settle-endings',
      everyMs: 2000,
      work: () => settleLostRevocations({ ...dependencies, endAgain, portalUrl: config.portal.url }),
    },
  ]
}
