import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config, Secrets } from '../config/config.ts'
import { readSettings } from '../config/read-settings.ts'
import type { authorize } from '../http/authorize.ts'
import type { Handlers } from '../http/handler.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { createJobRunner } from '../jobs/run-jobs.ts'
import { createTaskLease } from '../jobs/task-lease-store.ts'
import type { Readiness } from '../monitoring/readiness.ts'
import { awaitStore } from '../storage/await-store.ts'
import { createReturnWatch } from '../storage/watch-returns.ts'
import { buildDependencies, type Dependencies } from './portal-dependencies.ts'
import { type BaseDependencies, openGround, type PortalReplacements } from './portal-ground.ts'
import { buildHandlers } from './portal-handlers.ts'
import { buildLanes } from './portal-lanes.ts'
import { openPortalMail } from './portal-mail.ts'
import type { PortalMetrics } from './portal-metrics.ts'
import { buildPlatform } from './portal-platform.ts'
import { prepareStore } from './portal-preparation.ts'
import { createPortalReadiness } from './portal-readiness.ts'
import { createPortalReload, type ReloadConfiguration, type TimedServers } from './portal-reload.ts'
import { buildScheduledTasks } from './portal-tasks.ts'
import { traceLanes } from './portal-traces.ts'
import { runChores, startScheduledTasks } from './scheduled-tasks.ts'

/** The stores and rules that decide whether a user may perform an operation. */
export type AccessDetails = Parameters<typeof authorize>[0]

/** A portal without its ports, on a prepared store. */
export interface PortalCore {
  ground: BaseDependencies
  dependencies: Dependencies
  details: AccessDetails
  /** The handler of each operation of the API. */
  handlers: Handlers
  readiness: Readiness
  /** Undefined if nobody reads them. */
  metrics: PortalMetrics | undefined
  /** Reads the configuration again, for this process alone. */
  reload: ReloadConfiguration
  /** Tells of the listeners, once they are built. */
  followServers(servers: TimedServers): void
  /** Starts jobs and scheduled tasks. */
  work(): void
  /** Runs all due jobs, and the jobs that result from them. */
  runDueJobs(): Promise<void>
  /** Runs each scheduled task once. */
  runChores(): Promise<void>
  /** Finishes the current job, writes the counters and closes the store. */
  close(): Promise<void>
}

/** Composes a portal and prepares its store. Waits and throws as `createPortalApp` does. */
export async function prepareCore(
  config: Config,
  secrets: Secrets,
  replace: PortalReplacements = {},
): Promise<PortalCore> {
  const base = await openGround(config, secrets, replace)
  const { database, watch, clock, log } = base
  const returns = createReturnWatch({
    ...{ database, dataFolder: config.dataFolder, clock },
    onReturn: (epoch, sentence) => log.error({ epoch }, sentence),
    onFailure: (what, error) => log.error({ what, err: error }, 'tried again later'),
  })
  const parts = buildDependencies(base, replace)
  await awaitStore(() => prepareStore(base, parts, returns), watch, secrets.storage)
  const mail =
    replace.mail === undefined
      ? await openPortalMail(parts, config.mail, secrets.smtpPassword)
      : { ...replace.mail, change() {} }
  const platform = buildPlatform(base, parts)
  const metrics = await openMetrics(base, platform, parts)
  const lanes = traceLanes(buildLanes(parts, mail), base.tracer)
  const jobs = createJobRunner({
    jobs: createJobStore(database),
    lanes: metrics === undefined ? lanes : metrics.watchLanes(lanes),
    clock,
    onFailure: parts.onFailure,
    onGivenUp: (job, error) => log.error({ job, err: error }, 'job given up'),
  })
  const plain = buildScheduledTasks(base, parts, returns)
  const tasks = metrics === undefined ? plain : metrics.watchTasks(plain)
  let stopScheduledTasks = async (): Promise<void> => {}
  const { findBySlug, findRole } = parts.organizations
  const details = {
    findOrganization: findBySlug,
    findRole,
    environments: parts.environments,
    get operatorsNeedSecondFactor() {
      return base.config.portal.operatorsNeedSecondFactor
    },
  }

  let servers: TimedServers | undefined
  const reload = createPortalReload(base, {
    source: replace.source ?? { settings: readSettings(), read: readSettings },
    ...{ mail, servers: () => servers, onFailure: parts.onFailure },
  })
  const reloadEverywhere: ReloadConfiguration = async (actor) => {
    const changes = await reload(actor)
    replace.onReloaded?.()
    return changes
  }

  return {
    ...{ ground: base, dependencies: parts, details },
    readiness: createPortalReadiness(base, platform, parts),
    metrics,
    handlers: buildHandlers(base, parts, { details, reload: reloadEverywhere }),
    reload,
    followServers(built) {
      servers = built
    },
    work() {
      jobs.start()
      stopScheduledTasks = startScheduledTasks(
        tasks,
        createTaskLease(database, `${hostname()} ${process.pid} ${randomUUID()}`),
        parts.onFailure,
      )
    },
    runDueJobs: jobs.runDue,
    runChores: () => runChores(tasks, parts.onFailure),
    async close() {
      parts.auditExport.stop()
      await Promise.all([
        stopScheduledTasks(),
        jobs.close(),
        parts.webhooks.sender.close(),
        parts.externalStatus.checker.close(),
      ])
      returns.stop()
      await parts.access.flush().catch((error) => parts.onFailure('write-access-summary', error))
      await parts.apiKeyUses.flush().catch((error) => parts.onFailure('write-api-key-use', error))
      await mail.close()
      await database.close()
      await base.hsm?.close()
      await base.tracer?.close()
    },
  }
}

/** What nobody reads is not counted, nor loaded. */
async function openMetrics(
  base: BaseDependencies,
  ...parts: [ReturnType<typeof buildPlatform>, Dependencies]
): Promise<PortalMetrics | undefined> {
  if (base.config.operations.address === null) return undefined
  const { createPortalMetrics } = await import('./portal-metrics.ts')
  return createPortalMetrics(base, ...parts)
}
