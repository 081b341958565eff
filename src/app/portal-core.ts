import type { Config, Secrets } from '../config/config.ts'
import type { authorize } from '../http/authorize.ts'
import type { Handlers } from '../http/handler.ts'
import { createJobStore } from '../jobs/job-store.ts'
import { createJobRunner } from '../jobs/run-jobs.ts'
import { openMail } from '../notifications/open-mail.ts'
import { awaitStore } from '../storage/await-store.ts'
import { createReturnWatch } from '../storage/watch-returns.ts'
import { buildDependencies, type Dependencies } from './portal-dependencies.ts'
import { type BaseDependencies, openGround, type PortalReplacements } from './portal-ground.ts'
import { buildHandlers } from './portal-handlers.ts'
import { buildLanes } from './portal-lanes.ts'
import { prepareStore } from './portal-preparation.ts'
import { buildScheduledTasks } from './portal-tasks.ts'
import { runChores, startScheduledTasks } from './scheduled-tasks.ts'

/** What decides whether a caller may do what they ask for. */
export type AccessDetails = Parameters<typeof authorize>[0]

/** A portal without its ports, over a store that is prepared. */
export interface PortalCore {
  ground: BaseDependencies
  dependencies: Dependencies
  details: AccessDetails
  /** The code behind every operation of the API. */
  handlers: Handlers
  /** Does jobs and chores from now on. */
  work(): void
  /** Does all jobs that are due, and those that come of them. */
  runDueJobs(): Promise<void>
  /** Does each chore once. */
  runChores(): Promise<void>
  /** Lets the job at hand finish, writes what it has counted, and closes the store. */
  close(): Promise<void>
}

/** Puts a portal together and prepares its store. Waits and throws as `createPortalApp` does. */
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
  const { smtp, from } = config.mail
  const server = smtp && { ...smtp, password: secrets.smtpPassword }
  const mail = replace.mail ?? (await openMail(parts, server, from))
  const jobs = createJobRunner({
    jobs: createJobStore(database),
    lanes: buildLanes(parts, mail),
    clock,
    onFailure: parts.onFailure,
    onGivenUp: (job, error) => log.error({ job, err: error }, 'job given up'),
  })
  const tasks = buildScheduledTasks(base, parts, returns)
  let stopScheduledTasks = async (): Promise<void> => {}
  const { findBySlug, findRole } = parts.organizations
  const details = { findOrganization: findBySlug, findRole, environments: parts.environments }

  return {
    ...{ ground: base, dependencies: parts, details },
    handlers: buildHandlers(base, parts, details),
    work() {
      jobs.start()
      stopScheduledTasks = startScheduledTasks(tasks, parts.onFailure)
    },
    runDueJobs: jobs.runDue,
    runChores: () => runChores(tasks, parts.onFailure),
    async close() {
      await Promise.all([stopScheduledTasks(), jobs.close()])
      returns.stop()
      await parts.access.flush().catch((error) => parts.onFailure('write-access-summary', error))
      await mail.close()
      await database.close()
      await base.hsm?.close()
    },
  }
}
